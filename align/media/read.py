"""A photograph from a file or its bytes, decoded no larger than it is needed."""

import errno
import stat
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from align.media.cut_jpeg import CutJpeg, LostBand, find_cut
from align.media.jpeg_markers import read_markers
from align.media.pillow_images import decode_with_pillow, size_with_pillow
from align.media.unreadable import (
    CANNOT_READ,
    NO_MEMORY,
    NO_PERMISSION,
    NO_SUCH_FILE,
    UnreadableImageError,
    check_size,
)
from common.runtime.errors import first_line

MAX_BYTES = 400_000_000  # of a file
MAX_SCANS = 100  # of a progressive JPEG; encoders write about ten, and each costs a pass over the image
JPEG_REDUCTIONS = (1, 2, 4, 8)
# EXIF orientation: how often to turn anticlockwise by 90°, and whether to mirror left and right before it
TURNS = {2: (0, True), 3: (2, False), 4: (2, True), 5: (1, True), 6: (3, False), 7: (3, True), 8: (1, False)}

OS_REASONS = {
    errno.ENOENT: NO_SUCH_FILE,
    errno.ENOTDIR: NO_SUCH_FILE,
    errno.ELOOP: "no such file (its link leads in a circle)",
    errno.ENAMETOOLONG: "no such file (a name of that length cannot be)",
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
}


class ImageFile:
    """A photograph whose header has been read, not yet its pixels.

    Args:
        source: a file, or the bytes of one.
        allow_cut: whether a truncated JPEG is decoded; what is missing is grey then, and `lost` says where.

    Attributes:
        height, width: pixels, upright as the EXIF orientation says.
        reductions: by how much `decode` can reduce it, 1 among them.
        lost: what its file lacks of it, known once it was decoded; None for a whole one.

    Raises UnreadableImageError for a file that is missing, not a regular file, not an image, of a format that
    is not read, or of a size that `check_size` refuses.
    """

    def __init__(self, source: Path | bytes, allow_cut: bool = False) -> None:
        self._allow_cut = allow_cut
        self.lost: LostBand | None = None
        self._data = source if isinstance(source, bytes) else _read_bytes(source)
        header = _jpeg_header(self._data)
        if header:
            height, width, self._orientation = header
            self.reductions: tuple[int, ...] = JPEG_REDUCTIONS
        else:
            width, height = size_with_pillow(self._data)
            self.reductions = (1,)
            self._orientation = 1  # Pillow turns the image itself
        check_size(width, height)
        turned = self._orientation >= 5
        self._stored = height, width
        self.height, self.width = (width, height) if turned else (height, width)

    def decode(self, reduction: int = 1) -> NDArray[np.uint8]:
        """The pixels, (H, W, 3) uint8 RGB, where H is the height divided by `reduction`, rounded up, as W.

        A JPEG is reduced by decoding only the low frequencies of each block, which saves time and does not
        alias. Grey, palette, CMYK and 16-bit images become 8-bit RGB; transparency is laid over white.
        Raises UnreadableImageError for an image that is truncated or damaged.
        """
        if len(self.reductions) > 1:
            small = -(-self._stored[0] // reduction), -(-self._stored[1] // reduction)
            try:
                pixels = simplejpeg.decode_jpeg(
                    self._data, "RGB", min_height=small[0], min_width=small[1], min_factor=1, strict=True
                )
            except MemoryError as error:
                raise UnreadableImageError(NO_MEMORY) from error
            except ValueError:
                pixels = self._decode_damaged(small)
            if pixels.shape[:2] != small:
                pixels = cv2.resize(pixels, small[::-1], interpolation=cv2.INTER_AREA)
            return _turn(pixels, self._orientation)
        return decode_with_pillow(self._data, upright=True)

    def _decode_damaged(self, small: tuple[int, int]) -> NDArray[np.uint8]:
        """The pixels of a damaged JPEG as stored, of about this height and width or larger."""
        cut = self._cut if self._allow_cut else None
        if cut is None:  # whether it is beyond use is for Pillow to say, which is more forgiving
            return decode_with_pillow(self._data, upright=False)
        if cut.rows is not None:
            turns, _ = TURNS.get(self._orientation, (0, False))
            self.lost = LostBand.below(cut.rows, self._stored[0], turns)
        try:
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
                cut.data, "RGB", min_height=small[0], min_width=small[1], min_factor=1, strict=False
            )
        except ValueError as error:  # it is cut within the head of its scan
            raise UnreadableImageError(f"damaged image ({first_line(error)})") from error
        return pixels

    @cached_property
    def _cut(self) -> CutJpeg | None:
        return find_cut(self._data)


def read_image(path: Path) -> NDArray[np.uint8]:
    """The photograph in a file, (H, W, 3) uint8 RGB, upright. Raises UnreadableImageError as `ImageFile`."""
    return ImageFile(path).decode()


def _read_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise UnreadableImageError("not a file")
        if status.st_size > MAX_BYTES:
            raise UnreadableImageError(f"a file of more than {MAX_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except OSError as error:
        known = OS_REASONS.get(error.errno or 0)
        raise UnreadableImageError(known or f"{CANNOT_READ} ({error.strerror or error})") from error
    except ValueError as error:  # a NUL in its name
        raise UnreadableImageError(NO_SUCH_FILE) from error


def _jpeg_header(data: bytes) -> tuple[int, int, int] | None:
    """Height and width as stored, and orientation, of a JPEG in grey or YCbCr; None leaves it to Pillow."""
    markers = read_markers(data)
    if markers is None:
        return None
    if markers.scans > MAX_SCANS:
        raise UnreadableImageError(f"a JPEG of more than {MAX_SCANS} scans")
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    return (height, width, markers.orientation) if colours in ("YCbCr", "Gray") else None


def _turn(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    turns, mirrored = TURNS.get(orientation, (0, False))
    if mirrored:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns or mirrored else pixels
