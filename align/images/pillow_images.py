"""Every image that is not a plain JPEG, through Pillow."""

import io
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from align.images.formats import name_unread_format
from align.images.jpeg_markers import ORIENTATION
from align.images.unreadable import MAX_PIXELS, NO_MEMORY, UnreadableImageError, check_size
from common.errors import first_line

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")
STRIP_PIXELS = 4_000_000  # handed from Pillow to NumPy at a time

_STDERR = threading.Lock()  # file descriptor 2 is the whole process's

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or its warnings would reach stderr


def size_with_pillow(data: bytes) -> tuple[int, int]:
    """Width and height of an image in pixels, upright. Raises UnreadableImageError."""
    with _reasons(data), _quietly(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        check_size(width, height)  # before the orientation is asked for, which decodes a PNG
        if image.format == "TIFF":  # Pillow has turned this size already
            return width, height
        return (height, width) if image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8) else (width, height)


def decode_with_pillow(data: bytes, upright: bool) -> NDArray[np.uint8]:
    """The pixels, (H, W, 3) uint8 RGB; `upright` to turn them by their EXIF orientation.

    Raises UnreadableImageError for damage of any kind.
    """
    with _reasons(data), _quietly(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        with _without_stderr() if image.format == "TIFF" else nullcontext():
            image.load()
        if upright:
            ImageOps.exif_transpose(image, in_place=True)
        return _to_rgb(image)


@contextmanager
def _reasons(data: bytes) -> Iterator[None]:
    """Turns whatever Pillow raises over a file into the reason for a report."""
    try:
        yield
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        name = name_unread_format(data)
        raise UnreadableImageError(
            f"{name} is not read; convert it to JPEG or PNG" if name else "not an image"
        ) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"more than {MAX_PIXELS:,} pixels") from error
    except MemoryError as error:
        raise UnreadableImageError(NO_MEMORY) from error
    except Exception as error:  # codecs raise OSError, SyntaxError, ValueError, struct.error … on damage
        detail = first_line(error)
        raise UnreadableImageError(f"damaged image ({detail})") from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Oddities of metadata are nobody's business, and a decompression bomb is bounded by `MAX_PIXELS`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _without_stderr() -> Iterator[None]:
    """libtiff writes what it makes of damage to file descriptor 2, past Python."""
    with _STDERR:
        kept = os.dup(2)
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """8-bit RGB of an image that is closed on the way: a large one must not lie in memory several times."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip to 255 where a viewer scales them
        grey = _by_strips(image, lambda strip: (strip.clip(0, 65535) // 257).astype(np.uint8))
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)  # type: ignore[return-value]
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


def _by_strips(
    image: Image.Image, convert: Callable[[NDArray[np.generic]], NDArray[np.uint8]] = np.asarray
) -> NDArray[np.uint8]:
    """The pixels of an image as an array, a part at a time: Pillow copies what it hands over twice."""
    rows = max(1, STRIP_PIXELS // image.width)
    if rows >= image.height:
        return convert(np.asarray(image))
    channels = len(image.getbands())
    whole = np.empty((image.height, image.width, channels)[: 2 + (channels > 1)], np.uint8)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        whole[top:bottom] = convert(np.asarray(image.crop((0, top, image.width, bottom))))
    return whole
