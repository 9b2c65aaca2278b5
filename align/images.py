"""Reading image files that are not trusted."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 120_000_000  # above the largest phone cameras in common use; 360 MB decoded
MIN_SIDE = 16  # pixels; no detector finds a face in less
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")


class UnreadableImageError(Exception):
    """An image file that yields no photograph; the text is the reason given in reports."""


def read_image(path: Path) -> NDArray[np.uint8]:
    """The photograph in a file, upright as its EXIF orientation says.

    Grey, palette, CMYK and 16-bit images become 8-bit RGB; transparency is laid over white.

    Returns (H, W, 3) uint8 RGB. Raises UnreadableImageError for a file that is missing, not an image,
    truncated, smaller than `MIN_SIDE` on a side or larger than `MAX_PIXELS`; the size is judged by the
    header, before a pixel is decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities of metadata; a decompression bomb is bounded below
            with Image.open(path, formats=FORMATS) as image:
                _check_size(image.size)
                return np.asarray(_to_rgb(ImageOps.exif_transpose(image)))
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImageError("not an image") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"more than {MAX_PIXELS:,} pixels") from error
    except FileNotFoundError as error:
        raise UnreadableImageError("no such file") from error
    except PermissionError as error:
        raise UnreadableImageError("no permission to read") from error
    except MemoryError as error:
        raise UnreadableImageError("not enough memory to decode") from error
    except Exception as error:  # codecs raise OSError, SyntaxError, ValueError, struct.error … on damage
        raise UnreadableImageError(
            f"damaged image ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        ) from error


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise UnreadableImageError(f"{width}x{height} is more than {MAX_PIXELS:,} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnreadableImageError(f"{width}x{height} is too small for a face")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow clips 16-bit values to 255 where a viewer would scale them
        return Image.fromarray(
            (np.asarray(image, dtype=np.int64).clip(0, 65535) // 257).astype(np.uint8)
        ).convert("RGB")
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        white = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(white, layers).convert("RGB")
    return image.convert("RGB")
