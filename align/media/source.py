"""The forms that a photograph may have: a file, the bytes of one, or pixels in memory."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from align.media.pillow_images import pixels_of
from align.media.read import ImageFile
from align.media.unreadable import UnreadableImageError, check_size
from common.runtime.errors import UserError

# a path, the bytes of an image file, (H, W, 3) uint8 RGB, or an image of Pillow's
ImageSource = str | os.PathLike[str] | bytes | NDArray[np.uint8] | Image.Image
FORMS = "a path, the bytes of an image file, an (H, W, 3) uint8 RGB array or a PIL image"


class DecodedImage:
    """Pixels in memory with the interface of `ImageFile`; nothing of them is lost or reduced."""

    reductions: tuple[int, ...] = (1,)
    lost = None

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.height, self.width = pixels.shape[:2]
        self._pixels = pixels

    def decode(self, reduction: int = 1) -> NDArray[np.uint8]:
        """The pixels, (H, W, 3) uint8 RGB."""
        return self._pixels


def open_image(source: ImageSource, allow_cut: bool = False) -> ImageFile | DecodedImage:
    """A photograph of any form; `allow_cut` as for `ImageFile`.

    Raises UnreadableImageError for one that cannot be used, arrays of another shape or type among them, and
    UserError for what has none of these forms, such as None.
    """
    if isinstance(source, Image.Image):
        return DecodedImage(pixels_of(source))
    if isinstance(source, np.ndarray):
        return DecodedImage(_checked(source))
    if isinstance(source, bytes):
        return ImageFile(source, allow_cut)
    if isinstance(source, str | os.PathLike):
        return ImageFile(Path(source), allow_cut)
    raise UserError(f"a photograph is {FORMS}, not {type(source).__name__}")


def _checked(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy, so that crops share no memory with what the caller may change."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        found = f"{pixels.shape} {pixels.dtype}"
        raise UnreadableImageError(f"not an image: an array must be (H, W, 3) uint8 RGB, not {found}")
    check_size(pixels.shape[1], pixels.shape[0])
    return np.array(pixels, order="C")
