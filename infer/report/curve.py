"""Error rates at every threshold: what DET and ROC curves are drawn from."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

CELL = 0.25  # of the unit that is drawn in: less cannot be seen
TOLERANCE = 0.35

Rates = NDArray[np.float64]


@dataclass(frozen=True)
class CurveWords:
    """What the rates of curves are called, short and in full, and what they are shares of."""

    fmr: str
    fnmr: str
    tar: str  # 1 - FNMR
    names: tuple[str, str, str]
    shares: tuple[str, str, str]


OF_PAIRS = CurveWords(
    "FMR",
    "FNMR",
    "TAR",
    ("False match rate", "false non-match rate", "true accept rate"),
    ("impostor pairs accepted", "genuine pairs rejected", "genuine pairs accepted"),
)
OF_FACES = CurveWords(  # synthetic is the positive class: bona fide faces are the impostors of its curves
    "BPCER",
    "APCER",
    "1 − APCER",
    ("The BPCER", "the APCER", "1 − APCER"),
    ("bona fide faces called synthetic", "synthetic faces called bona fide", "synthetic faces called so"),
)


@dataclass(frozen=True)
class Curve:
    """The operating points of a set of pairs, the strictest first.

    A point is at every similarity that occurs; between two of them no verdict changes.

    Attributes:
        threshold: (K,) accept similarity >= threshold; falling.
        fmr: (K,) share of the impostor pairs that are accepted; never falls.
        fnmr: (K,) share of the genuine pairs that are rejected; never rises.
        genuine, impostors: how many pairs there are.
    """

    threshold: Rates = field(repr=False)
    fmr: Rates = field(repr=False)
    fnmr: Rates = field(repr=False)
    genuine: int
    impostors: int


def error_curve(genuine: Rates, impostors: Rates) -> Curve:
    """The curve of two classes of scores, at least one of each."""
    thresholds = np.unique(np.concatenate([genuine, impostors]))[::-1]
    rejected, barred = (np.searchsorted(np.sort(scores), thresholds) for scores in (genuine, impostors))
    fmr, fnmr = (len(impostors) - barred) / len(impostors), rejected / len(genuine)
    return Curve(thresholds, fmr, fnmr, len(genuine), len(impostors))


def thin(points: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which points of a line suffice to draw it, as rising positions; the first and the last are among them.

    Of the points in one cell of a fine grid that follow each other the first and the last are kept, which
    bounds their number however many there are; of these the corners, by the algorithm of Douglas and Peucker
    ("Algorithms for the reduction of the number of points required to represent a digitized line or its
    caricature", Cartographica 10, 1973).

    Args:
        points: (K, 2) x and y as they are drawn, K > 0; both monotone, so that no cell is entered twice.
    """
    cells = np.floor(points / CELL)
    changes = (np.diff(cells, axis=0) != 0).any(axis=1)
    edge = np.ones(len(points), bool)
    edge[1:-1] = changes[:-1] | changes[1:]
    kept = np.flatnonzero(edge)
    drawn = points[kept].astype(np.float32)
    corners = cv2.approxPolyDP(drawn[:, None], TOLERANCE, closed=False)[:, 0]
    position = {tuple(point): row for row, point in reversed(list(enumerate(drawn.tolist())))}
    rows = {position[tuple(corner)] for corner in corners.tolist()} | {0, len(kept) - 1}
    return kept[sorted(rows)]
