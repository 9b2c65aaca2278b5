"""The equal error rate."""

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from common.metrics.crossing import Stretch, find_crossing
from common.metrics.sorted_scores import SortedScores, count_accepted, finite_scores, threshold_after


@dataclass(frozen=True)
class OperatingPoint:
    """The operating point of the equal error rate, where FMR and FNMR cross."""

    eer: float  # in [0, 1]; NaN where only one class is present
    threshold: float  # accept similarity >= threshold; NaN where the EER is


def equal_error_rate(genuine: ArrayLike, scores: ArrayLike) -> OperatingPoint:
    """The EER at the crossing of FMR and FNMR, and a threshold that realises it.

    Args:
        genuine: (N,) booleans or 0/1; true for genuine pairs.
        scores: (N,) similarities, finite, larger for more similar; float32 ones are compared as such.

    The value is `fnr[i]` with `i = argmin |fnr - fpr|` over the points that
    `sklearn.metrics.roc_curve(genuine, scores)` yields with its defaults, `fnr = 1 - tpr`: no interpolation.
    The threshold lies midway between the last accepted and the first rejected score, so that it decides the
    given pairs alike and does not hang on the last bit of one score. With only one class (or no pair) the EER
    is undefined: both fields are NaN.

    Raises ValueError for arrays of different length or scores that are not finite.

    >>> ft.equal_error_rate([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1])
    OperatingPoint(eer=0.5, threshold=0.45)
    """
    is_genuine = np.asarray(genuine).astype(bool)
    values = finite_scores(scores, is_genuine)
    return equal_error_point(SortedScores(np.sort(values[is_genuine]), np.sort(values[~is_genuine])))


def equal_error_point(scores: SortedScores) -> OperatingPoint:
    """The EER and its threshold, of scores that are sorted already, in time logarithmic in their number."""
    if not scores.has_both:
        return OperatingPoint(math.nan, math.nan)
    positives, negatives = len(scores.genuine), len(scores.impostor)
    level = _crossing_level(scores)
    accepted = find_crossing(lambda reach: _stretch_around(scores, level, reach), positives, negatives)
    return OperatingPoint(1 - accepted[0] / positives, threshold_after(scores, *accepted))


def _crossing_level(scores: SortedScores) -> float:
    """The highest score at which FMR is not below FNMR: with it as threshold the two have crossed."""
    positives, negatives = len(scores.genuine), len(scores.impostor)

    def has_not_crossed(score: float) -> bool:
        missed = 1 - count_accepted(scores.genuine, score) / positives
        return missed > count_accepted(scores.impostor, score) / negatives

    crossed = []
    for ascending in (scores.genuine, scores.impostor):
        after = bisect_left(ascending, True, key=has_not_crossed)
        if after:
            crossed.append(float(ascending[after - 1]))
    return max(crossed)


def _stretch_around(scores: SortedScores, level: float, reach: int) -> Stretch:
    """The operating points at the scores next to `level`: `reach` pairs of each class to each side."""
    lows, highs, parts = [-math.inf], [math.inf], []
    for ascending in (scores.genuine, scores.impostor):
        middle = len(ascending) - count_accepted(ascending, level)
        start, end = max(middle - reach, 0), min(middle + reach, len(ascending))
        if start:
            lows.append(float(ascending[start]))
        if end < len(ascending):
            highs.append(float(ascending[end - 1]))
        parts.append(ascending[start:end])
    low, high = max(lows), min(highs)
    values = np.unique(np.concatenate(parts))[::-1]
    values = values[(values >= low) & (values <= high)]  # beyond, the one part or the other has gaps
    counts = [
        len(ascending) - np.searchsorted(ascending, values) for ascending in (scores.genuine, scores.impostor)
    ]
    from_origin = high == math.inf
    if from_origin:
        counts = [np.concatenate([[0], count]) for count in counts]
    return Stretch(counts[0], counts[1], from_origin, to_end=low == -math.inf)
