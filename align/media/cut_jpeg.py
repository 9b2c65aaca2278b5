"""Truncated JPEGs, as after a transfer that broke off, and how many of their rows are whole.

A decoder fills what is missing with grey. The file is decoded twice, with data appended that differ in every
bit: rows of blocks that come out alike depend on nothing that is missing.
"""

import re
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from align.media.jpeg_markers import read_scans
from align.media.unreadable import UnreadableImageError

END = b"\xff\xd9"
# stands in the place of what is missing; 0xFF would begin a marker
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
    rows: int | None  # how many, from the first stored one on, depend on nothing missing; None: all


@dataclass(frozen=True)
class LostBand:
    """The part of an upright photograph that its file lacks: a band along one of its sides."""

    axis: int  # 0: along the left or the right side, 1: along the upper or the lower one
    far: bool  # whether that is the right or the lower one
    edge: int  # its column or row next to what is whole

    @classmethod
    def below(cls, rows: int, height: int, turns: int) -> "LostBand":
        """All below the first `rows` of `height` rows, in a picture that is then turned anticlockwise."""
        return cls(1 - turns % 2, turns < 2, rows if turns < 2 else height - 1 - rows)

    def reaches(self, points: NDArray[np.floating]) -> bool:
        """Whether one of the points (N, 2), x, y in pixels, lies in the band or within a pixel of it."""
        along = points[:, self.axis]
        return bool((along > self.edge - 1).any() if self.far else (along < self.edge + 1).any())


def find_cut(data: bytes) -> CutJpeg | None:
    """What is left of a truncated JPEG; None for a file that has its end, or is damaged in another way.

    Raises UnreadableImageError for one that lacks whole scans, as all of the picture is blurred then. (One
    that ends properly after too few scans cannot be told from one that was made so.)
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
    """The number of equal rows of two images, from the first on; None where all are."""
    for top in range(0, len(first), STRIP_ROWS):
        strip = slice(top, top + STRIP_ROWS)
        differing = (first[strip] != second[strip]).any(axis=(1, 2))
        if differing.any():
            return top + int(differing.argmax())
    return None


def _whole_rows(rows: int, subsampling: str) -> int:
    """The number of rows above the block of the first row that differs; others of it may be alike by chance.

    Where colour has half the rows, the last row above is left out: it takes part of its colour from below.
    """
    halved = subsampling in HALVED
    block = BLOCK * (1 + halved)
    return max(0, (rows + halved) // block * block - halved)


def _more(scan: bytes, noise: NDArray[np.uint8]) -> bytes:
    """Data that a decoder takes for the rest of a scan, also where it expects a restart marker next."""
    seen = RESTART.findall(scan)
    following = (seen[-1][0] - FIRST_RESTART + 1) % RESTARTS if seen else 0
    return noise.tobytes() + bytes((0xFF, FIRST_RESTART + following)) + noise.tobytes()


def _decode(data: bytes) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB", strict=False)
    return pixels
