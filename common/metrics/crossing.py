"""The crossing of FNMR and FMR, found in the few operating points around it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FIRST_REACH = 64  # points on each side of the crossing that are looked at first


class Stretch(NamedTuple):
    """Neighbouring operating points of a ROC curve, the strictest first."""

    true_accepts: NDArray[np.int64]  # (K,) genuine pairs accepted
    false_accepts: NDArray[np.int64]  # (K,) impostor pairs accepted; the two differ from point to point
    from_origin: bool  # whether it begins where nothing is accepted
    to_end: bool  # whether it ends where everything is accepted


def find_crossing(
    stretch_around: Callable[[int], Stretch], positives: int, negatives: int
) -> tuple[int, int]:
    """True and false accepts at the operating point of the equal error rate.

    It is the first minimum of |fnr - fpr| over the points that `sklearn.metrics.roc_curve` yields with its
    defaults: of the points on a straight line between their neighbours it drops all but the ends.

    `stretch_around(reach)` gives the points around the crossing, more of them for a larger reach and at last
    all; `positives` and `negatives` are the numbers of genuine and impostor pairs, both above 0.
    """
    reach = FIRST_REACH
    while True:
        stretch = stretch_around(reach)
        found = _settled(stretch, positives, negatives)
        if found is not None:
            return int(stretch.true_accepts[found]), int(stretch.false_accepts[found])
        reach *= 4


def _settled(stretch: Stretch, positives: int, negatives: int) -> int | None:
    """Position of the crossing in the stretch; None when a point outside might be nearer to it."""
    corners = np.flatnonzero(_is_corner(stretch))
    if not len(corners):
        return None
    gap = (1 - stretch.true_accepts / positives) - stretch.false_accepts / negatives
    found = int(corners[np.argmin(np.abs(gap[corners]))])
    # the gap falls from 1 to -1 along the curve, so points beyond an end are further off than that end
    nearest = abs(gap[found])
    above = stretch.from_origin or gap[0] > nearest
    below = stretch.to_end or -gap[-1] > nearest
    return found if above and below else None


def _is_corner(stretch: Stretch) -> NDArray[np.bool_]:
    """(K,) mask of the points that `roc_curve` keeps, as far as their neighbours in the stretch tell."""
    # roc_curve thins the curve before it prepends the origin, so the first score is always kept
    first = 1 if stretch.from_origin else 0
    bends = np.diff(stretch.true_accepts[first:], 2) != 0
    bends |= np.diff(stretch.false_accepts[first:], 2) != 0
    corner = np.zeros(len(stretch.true_accepts), bool)
    corner[first + 1 : -1] = bends
    corner[: 2 * first] = True
    corner[-1:] |= stretch.to_end
    return corner
