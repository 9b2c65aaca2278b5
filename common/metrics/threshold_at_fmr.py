"""The threshold at a fixed FMR: as permissive as can be, and no more impostors in than are allowed."""

import math

from common.metrics.sorted_scores import SortedScores, threshold_above
from common.metrics.true_accepts import RULE_OF_THREE, allowed_accepts


def threshold_at_fmr(scores: SortedScores, fmr: float) -> float:
    """The threshold of the lowest operating point whose FMR does not exceed `fmr`.

    Any threshold above the highest impostor score that must not get in, up to the next higher score of any
    pair, decides the given pairs alike, and has the TAR that `true_accept_rates` tells. This is the middle of
    the two, so that it does not hang on the last bit of one score; where no score is higher, the next number
    above, at which nothing is accepted.

    Args:
        scores: of genuine and impostor pairs; there must be impostor pairs.
        fmr: above 0 and below 1.

    Raises ValueError for another `fmr`, and where there are no impostor pairs.
    """
    if not 0 < fmr < 1:
        raise ValueError(f"an FMR must lie between 0 and 1, not be {fmr}")
    impostors = len(scores.impostor)
    if not impostors:
        raise ValueError("there are no impostor pairs")
    barred = float(scores.impostor[impostors - 1 - allowed_accepts(fmr, impostors)])
    return threshold_above(scores, barred)


def impostors_needed(fmr: float) -> int:
    """The fewest impostor pairs among which one false match is not too many for an FMR in (0, 1)."""
    near = round(1 / fmr)
    return near if 1 / near <= fmr else near + 1


def impostors_to_trust(fmr: float) -> int:
    """The fewest impostor pairs that can rule out a higher FMR at 95 % confidence.

    The rule of three (ISO/IEC 19795-1): when none of 3 / p impostor pairs matches, the FMR is below p.
    """
    return math.ceil(RULE_OF_THREE / fmr)
