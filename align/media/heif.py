"""HEIC, which phones write, decoded by the extra pillow-heif without registering it with Pillow."""

import io
from typing import Any

from PIL import Image

from align.media.formats import NO_HEIC
from align.media.unreadable import UnreadableImageError, check_size
from common.runtime.errors import first_line


def heif_size(data: bytes) -> tuple[int, int]:
    """Width and height of the primary image in pixels, upright; its pixels are not decoded.

    Raises UnreadableImageError where the extra is missing, and for damage.
    """
    width, height = _open(data).size
    return width, height


def decode_heif(data: bytes) -> Image.Image:
    """The primary image, 8 bits a value, upright by its property `irot`, as HEIF demands.

    The orientation of its EXIF data repeats that and turns nothing. Raises as `heif_size` and `check_size`.
    """
    file = _open(data)
    check_size(*file.size)
    try:
        image: Image.Image = file.to_pillow()
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as error:
        raise _damaged(error) from error
    return image.convert("RGBA") if image.mode == "RGBa" else image


def _open(data: bytes) -> Any:
    """The file, of which only the header was read."""
    try:
        from pillow_heif import HeifFile
    except ImportError as error:
        raise UnreadableImageError(NO_HEIC) from error
    try:
        return HeifFile(io.BytesIO(data), convert_hdr_to_8bit=True)  # type: ignore[no-untyped-call]  # pillow-heif's
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> UnreadableImageError:
    return UnreadableImageError(f"damaged image (HEIC: {first_line(error)})")
