"""The band of P(synthetic) around a threshold in which a classifier gives no verdict."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.classification import checked_faces
from common.metrics.operating_point import apart, turned
from common.metrics.sorted_scores import threshold_above

KEPT = 0.5  # share of the errors that may stay outside of the band


def undecided_band(
    labels: ArrayLike, probabilities: ArrayLike, threshold: float, kept: float = KEPT
) -> tuple[float, float]:
    """The narrowest band around a threshold that leaves at most a share of each class's errors outside.

    A face is undecided where low <= P(synthetic) < high, synthetic from `high` on, bona fide below `low`.
    Of the E errors of a class at the threshold, the surest floor(kept * E) may stay, and the band takes in
    the next one: `high` lies above that of the bona fide faces, `low` below that of the synthetic ones, each
    midway to the next face of any class beyond. An end is the threshold itself where all errors of its class
    may stay, so both are where there is no error. As `high` is at most 1, an error with a P(synthetic) of 1
    stays, come what may.

    Args:
        labels, probabilities: as `evaluate_classification` takes them; of faces not trained on.
        threshold: in [0, 1].
        kept: in [0, 1]; at 0 no error stays, at 1 there is no band.

    Raises ValueError as `evaluate_classification`, and for a `kept` outside its range.
    """
    if not 0 <= kept <= 1:
        raise ValueError(f"the share of errors kept must lie in 0 to 1, not be {kept}")
    synthetic, likely = checked_faces(labels, probabilities)
    false_alarms = likely[~synthetic & (likely >= threshold)]
    missed = likely[synthetic & (likely < threshold)]
    low = high = threshold
    barred = _first_barred(false_alarms, kept)
    if barred is not None:
        high = min(threshold_above(apart(synthetic, likely), barred), 1.0)
    barred = _first_barred(-missed, kept)
    if barred is not None:
        low = max(turned(threshold_above(apart(~synthetic, -likely), barred)), 0.0)
    return low, high


def _first_barred(scores: NDArray[np.float64], kept: float) -> float | None:
    """The highest score of an error that may not stay; None where all may."""
    stay = math.floor(kept * len(scores))
    return float(np.sort(scores)[len(scores) - 1 - stay]) if stay < len(scores) else None
