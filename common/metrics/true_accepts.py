"""TAR at a fixed FMR: how many genuine pairs get in when hardly an impostor does."""

from collections.abc import Iterable

import numpy as np

from common.metrics.sorted_scores import SortedScores

FMR_TARGETS = (1e-2, 1e-3, 1e-4)
RULE_OF_THREE = 3  # errors among 3 / p trials are expected often enough to tell a rate p from 0 at 95 %


def true_accept_rates(scores: SortedScores, targets: Iterable[float] = FMR_TARGETS) -> dict[float, float]:
    """TAR = 1 - FNMR, in [0, 1], for those of the FMRs `targets` that the impostor pairs suffice for.

    At least 3 / FMR of them are asked for: by the rule of three (ISO/IEC 19795-1) fewer could show no false
    match at all and still leave a higher FMR possible at 95 % confidence. The threshold is the most
    permissive one whose FMR does not exceed the target. Empty without genuine pairs.
    """
    positives, negatives = len(scores.genuine), len(scores.impostor)
    rates = {}
    for target in targets:
        if positives and negatives * target >= RULE_OF_THREE:
            # as permissive as can be: just above the highest impostor score that must not get in
            barred = scores.impostor[negatives - 1 - allowed_accepts(target, negatives)]
            rejected = int(np.searchsorted(scores.genuine, barred, side="right"))
            rates[target] = (positives - rejected) / positives
    return rates


def allowed_accepts(target: float, negatives: int) -> int:
    """The largest k with k / negatives <= target, for targets below 1."""
    near = round(target * negatives)
    return near if near / negatives <= target else near - 1
