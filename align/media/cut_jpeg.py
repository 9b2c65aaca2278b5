"""JPEGs that lack their last bytes, as after a transfer that broke off: what is left of the picture.

A decoder fills what it lacks with grey. Which rows these are shows when the file is decoded twice, with data
appended of which every bit is another: rows of blocks that come out alike depend on nothing that is missing.
"""

import re
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from align.media.jpeg_markers import read_scans
from align.media.unreadable import UnreadableImageError

END = b"\xff\xd9"
# in the place of what is missing; without 0xFF, which would begin a marker
NOISE = np.random.default_rng(0).integers(1, 255, 64, np.uint8)
RESTART = re.compile(rb"\xff([\xd0-\xd7])")
FIRST_RESTART, RESTARTS = 0xD0, 8
STRIP_ROWS = 256  # compared at a time
BLOCK = 8  # rows
HALVED = ("420", "440")  # subsamplings by which a block of colour covers twice the rows


@dataclass(frozen=True)
class CutJpeg:
    """A JPEG that lacks its end."""

    data: bytes  # to be decoded without regard to warnings
    rows: int | None  # from the first on, as it is stored, that depend on nothing missing; None: all of them


@dataclass(frozen=True)
class LostBand:
    """The part of an upright photograph, along one of its sides, that its file lacks."""

    axis: int  # 0: along the left or the right side, 1: along the upper or the lower one
    far: bool  # right or lower
    edge: int  # its first pixel, seen from inside

    @classmethod
    def below(cls, rows: int, height: int, turns: int) -> "LostBand":
        """All below the first `rows` of `height` rows, in a picture that is then turned anticlockwise."""
        return cls(1 - turns % 2, turns < 2, rows if turns < 2 else height - 1 - rows)

    def reaches(self, points: NDArray[np.floating]) -> bool:
        """Whether one of some points (N, 2), x, y in pixels, lies in it, or so near that it takes part."""
        along = points[:, self.axis]
        return bool((along > self.edge - 1).any() if self.far else (along < self.edge + 1).any())


def find_cut(data: bytes) -> CutJpeg | None:
    """What is left of a JPEG that lacks its end.

    None for a file that has its end, or is damaged in another way. Raises UnreadableImageError for one that
    lacks whole scans: then all of the picture is blurred. (One that ends properly after too few scans is not
    known from one that was made so, and is not asked about here.)
    """
    scans = read_scans(data)
    if scans is None:
        return None
    kept, has_end = data[: scans.end], scans.end < len(data)
    # a file that was not written to its end is filled up with zeros
    kept = (kept if has_end else kept.rstrip(b"\0")).rstrip(b"\xff")
    try:
        scan = kept[scans.start :]
        rows = _rows_alike(*(_decode(kept + _more(scan, noise) + END) for noise in (NOISE, ~NOISE)))
        rows = None if rows is None else _whole_rows(rows, simplejpeg.decode_jpeg_header(data)[3])
    except ValueError:
        return None
    if not scans.every_bit:
        raise UnreadableImageError("damaged image (a JPEG that lacks its last scans, which blurs all of it)")
    if rows is None and has_end:
        return None
    return CutJpeg(kept + END, rows)


def _rows_alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int | None:
    """How many rows two images share, from the first on; None where they are equal."""
    for top in range(0, len(first), STRIP_ROWS):
        strip = slice(top, top + STRIP_ROWS)
        differing = (first[strip] != second[strip]).any(axis=(1, 2))
        if differing.any():
            return top + int(differing.argmax())
    return None


def _whole_rows(rows: int, subsampling: str) -> int:
    """The rows above the blocks that the first differing row lies in, of which others may be alike by chance.

    Where colour has half the rows, the last row above takes part of its colour from below.
    """
    halved = subsampling in HALVED
    block = BLOCK * (1 + halved)
    return max(0, (rows + halved) // block * block - halved)


def _more(scan: bytes, noise: NDArray[np.uint8]) -> bytes:
    """Data that a decoder takes for more of a scan, also where it expects a restart marker next."""
    seen = RESTART.findall(scan)
    following = (seen[-1][0] - FIRST_RESTART + 1) % RESTARTS if seen else 0
    return noise.tobytes() + bytes((0xFF, FIRST_RESTART + following)) + noise.tobytes()


def _decode(data: bytes) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB", strict=False)
    return pixels
