"""Decoding of every image that is not a plain JPEG, mostly by Pillow."""

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from align.media.deep_tiff import (
    MAX_BYTES,
    TiffHead,
    decode_deep,
    decode_unchanged,
    decode_values,
    read_head,
    values_to_rgb,
)
from align.media.formats import HAS_AVIF, is_heif, why_no_image
from align.media.heif import decode_heif, heif_size
from align.media.jpeg_markers import ORIENTATION
from align.media.silence import without_stderr
from align.media.unreadable import MAX_PIXELS, NO_MEMORY, UnreadableImageError, check_size
from align.media.value_range import ValueRange, finite_range
from common.runtime.errors import first_line

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF", *(["AVIF"] if HAS_AVIF else []))

# the largest high byte of values of 14 bits in 16, and of 12, with some overshoot
LOW_TIFF, LOW_PNG = 71, 17
STRIP_PIXELS = 4_000_000  # handed from Pillow to NumPy at a time

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or its warnings would reach stderr


def stated_size(data: bytes) -> tuple[int, int]:
    """Width and height that the head of an image states, in pixels as stored; no pixel is decoded.

    Raises UnreadableImageError for a head that cannot be read.
    """
    with _reasons(data):
        if (size := _size_without_pillow(data)) is not None:
            return size
        with _opened(data) as image:
            return image.size


def size_with_pillow(data: bytes) -> tuple[int, int]:
    """Width and height of an image in pixels, upright. Raises UnreadableImageError."""
    with _reasons(data):
        if (size := _size_without_pillow(data)) is not None:
            return size
        with _opened(data) as image:
            width, height = image.size
            check_size(width, height)  # before the orientation is asked for, which decodes a PNG
            if image.format == "TIFF":  # Pillow has turned this size already
                return width, height
            turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
            return (height, width) if turned else (width, height)


def decode_with_pillow(data: bytes, upright: bool) -> NDArray[np.uint8]:
    """The pixels of the first frame, (H, W, 3) uint8 RGB; `upright` to turn them by their EXIF orientation.

    Raises UnreadableImageError for damage of any kind.
    """
    with _reasons(data):
        if is_heif(data):
            return _to_rgb(decode_heif(data))
        head = read_head(data)
        if head is not None and head.is_for_opencv:
            return decode_deep(data, head)
        with _opened(data) as image:
            with without_stderr() if image.format == "TIFF" else nullcontext():
                image.load()
            turned = upright and image.getexif().get(ORIENTATION, 1) != 1
            if turned:
                ImageOps.exif_transpose(image, in_place=True)
            pixels = _to_rgb(image, head)
        if head is not None and head.bits == 16 and head.samples > 1 and pixels.max() <= LOW_TIFF:
            return _low_colours(decode_values(data, head), pixels)
        if _is_deep_png(data) and not turned and pixels.max() <= LOW_PNG and 2 * pixels.size <= MAX_BYTES:
            return _low_colours(decode_unchanged(data), pixels)
        return pixels


def pixels_of(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of an image of Pillow's, as `decode_with_pillow` and upright; it stays open, as it is.

    Raises UnreadableImageError for a size that `check_size` refuses, and where its file is damaged.
    """
    with _reasons(b""):
        check_size(*image.size)
        return _to_rgb(ImageOps.exif_transpose(image))


def _size_without_pillow(data: bytes) -> tuple[int, int] | None:
    """Width and height of an image that Pillow does not read by itself; None where it does."""
    if is_heif(data):
        return heif_size(data)
    head = read_head(data)
    return head.upright_size if head is not None and head.is_for_opencv else None


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """An image whose head was read; warnings are silenced, as sizes are bounded by `MAX_PIXELS`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            yield image


@contextmanager
def _reasons(data: bytes) -> Iterator[None]:
    """A context that turns what Pillow raises over a file into UnreadableImageError with a reason."""
    try:
        yield
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        head = read_head(data)
        if head is not None and head.is_cut:
            reason = "damaged image (this TIFF ends before its data do)"
        elif head is not None:
            reason = f"{head.kind_in_words} is not read; convert it to JPEG or PNG"
        else:
            reason = why_no_image(data)
        raise UnreadableImageError(reason) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"more than {MAX_PIXELS:,} pixels") from error
    except MemoryError as error:
        raise UnreadableImageError(NO_MEMORY) from error
    except Exception as error:  # codecs raise OSError, SyntaxError, ValueError, struct.error … on damage
        detail = first_line(error)
        raise UnreadableImageError(f"damaged image ({detail})") from error


def _is_deep_png(data: bytes) -> bool:
    """Whether a file is a PNG of colours in 16 bits, without transparency."""
    return data.startswith(b"\x89PNG\r\n\x1a\n") and data[24:26] == bytes((16, 2))


def _low_colours(values: NDArray[Any] | None, high: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """8-bit RGB of colours in 16 bits that use the lower ones only, of which Pillow keeps the high bytes."""
    return high if values is None or values.shape[:2] != high.shape[:2] else values_to_rgb(values)


def _to_rgb(image: Image.Image, head: TiffHead | None = None) -> NDArray[np.uint8]:
    """8-bit RGB of an image, which is closed: a large one must not lie in memory several times."""
    if image.mode == "F" or image.mode.startswith("I"):
        return cv2.cvtColor(_grey(image, head), cv2.COLOR_GRAY2RGB)  # type: ignore[return-value]
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        image.close()
        flat = Image.new("RGB", layers.size, "white")
        flat.paste(layers, mask=layers.getchannel("A"))
        layers.close()
        return _by_strips(flat)
    if image.mode == "RGB":
        return _by_strips(image)
    colour = image.convert("RGB")
    image.close()
    return _by_strips(colour)


def _grey(image: Image.Image, head: TiffHead | None) -> NDArray[np.uint8]:
    """8-bit grey of an image in values of 16 or 32, which viewers scale and Pillow would cut at 255.

    PNG and PGM say what is white; only values of 8 to 12 bits, which would be black to the eye, are scaled.
    """
    found = [finite_range(strip) for _, strip in _strips(image)]
    least, largest = min(low for low, _ in found), max(high for _, high in found)
    if head is None:
        scale = ValueRange.of(0, largest, False) if largest < 256 * (LOW_PNG + 1) else ValueRange(0, 65_535)
    else:
        scale = ValueRange.of(least, largest, image.mode == "F")
    grey = _by_strips(image, scale.to_8_bits)
    return 255 - grey if head is not None and head.white_is_zero else grey


def _by_strips(
    image: Image.Image, convert: Callable[[NDArray[Any]], NDArray[np.uint8]] = np.asarray
) -> NDArray[np.uint8]:
    """The pixels of an image as an array, made in strips, because Pillow copies what it hands over twice."""
    if image.height <= _rows(image):
        return convert(np.asarray(image))
    channels = len(image.getbands())
    whole = np.empty((image.height, image.width, channels)[: 2 + (channels > 1)], np.uint8)
    for top, strip in _strips(image):
        whole[top : top + len(strip)] = convert(strip)
    return whole


def _strips(image: Image.Image) -> Iterator[tuple[int, NDArray[Any]]]:
    """The strips of an image from top to bottom: the first row of each, and its values."""
    rows = _rows(image)
    for top in range(0, image.height, rows):
        yield top, np.asarray(image.crop((0, top, image.width, min(top + rows, image.height))))


def _rows(image: Image.Image) -> int:
    return max(1, STRIP_PIXELS // image.width)
