"""Error rates of verification: EER, accuracy and the error table of the three pair categories.

Terms follow ISO/IEC 19795-1: FMR is the share of impostor pairs accepted, FNMR the share of genuine pairs
rejected, at a threshold t that accepts a similarity s when s >= t. A pair with a synthetic face counts as an
impostor pair: accepting it is an error.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.pairs import PairCategory


@dataclass(frozen=True)
class OperatingPoint:
    """Where FMR and FNMR cross."""

    eer: float  # in [0, 1]; NaN where only one class is present
    threshold: float  # accept similarity >= threshold; NaN where the EER is


@dataclass(frozen=True)
class CategoryErrors:
    """Wrong verdicts among the pairs of one category."""

    errors: int
    total: int

    @property
    def rate(self) -> float:
        """Share of wrong verdicts in [0, 1]; NaN without pairs."""
        return self.errors / self.total if self.total else math.nan


@dataclass(frozen=True)
class VerificationReport:
    """What a set of scored, labelled pairs says about a model."""

    eer: float
    eer_threshold: float
    threshold: float  # the one that accuracy and the table below were taken at
    accuracy: float
    by_category: dict[PairCategory, CategoryErrors]


def equal_error_rate(genuine: ArrayLike, scores: ArrayLike) -> OperatingPoint:
    """The EER at the crossing of FMR and FNMR, and a threshold that realises it.

    Args:
        genuine: (N,) booleans or 0/1; true for genuine pairs.
        scores: (N,) similarities, finite, larger for more similar.

    The value is `fnr[i]` with `i = argmin |fnr - fpr|` over the points that
    `sklearn.metrics.roc_curve(genuine, scores)` yields with its defaults, `fnr = 1 - tpr`: no interpolation.
    The threshold lies midway between the last accepted and the first rejected score, so that it decides the
    given pairs alike and does not hang on the last bit of one score. With only one class (or no pair) the EER
    is undefined: both fields are NaN.

    Raises ValueError for arrays of different length or scores that are not finite.
    """
    is_genuine, values = _checked(genuine, scores)
    order = np.argsort(-values, kind="stable")
    values, is_genuine = values[order], is_genuine[order]
    positives = int(is_genuine.sum())
    negatives = len(values) - positives
    if positives == 0 or negatives == 0:
        return OperatingPoint(math.nan, math.nan)

    last_of_tie = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    accepted = np.concatenate([[0], last_of_tie + 1])
    true_accepts = np.concatenate([[0], np.cumsum(is_genuine)[last_of_tie]])
    false_accepts = accepted - true_accepts
    corner = _corners(false_accepts, true_accepts)
    fnmr = 1 - true_accepts[corner] / positives
    fmr = false_accepts[corner] / negatives
    crossing = int(np.argmin(np.abs(fnmr - fmr)))
    return OperatingPoint(float(fnmr[crossing]), _threshold_below(values, int(accepted[corner][crossing])))


def _checked(genuine: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    is_genuine = np.asarray(genuine).astype(bool)
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or is_genuine.shape != values.shape:
        raise ValueError(f"labels {is_genuine.shape} and scores {values.shape} must be equally long vectors")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return is_genuine, values


def _corners(false_accepts: NDArray[np.intp], true_accepts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Indices that `roc_curve` keeps: it drops points on a straight line between their neighbours."""
    if len(false_accepts) <= 3:  # the origin and two points: nothing to drop
        return np.arange(len(false_accepts))
    # roc_curve thins the curve before it prepends the origin, so the first score is always kept
    bends = (np.diff(false_accepts[1:], 2) != 0) | (np.diff(true_accepts[1:], 2) != 0)
    return np.flatnonzero(np.concatenate([[True, True], bends, [True]]))


def _threshold_below(descending: NDArray[np.float64], accepted: int) -> float:
    """A threshold that accepts exactly the first `accepted` of the scores sorted from high to low."""
    if accepted == 0:
        return float(np.nextafter(descending[0], np.inf))
    if accepted == len(descending):
        return float(descending[-1])
    lowest_accepted, highest_rejected = descending[accepted - 1], descending[accepted]
    middle = highest_rejected + (lowest_accepted - highest_rejected) / 2
    return float(middle if middle > highest_rejected else lowest_accepted)


def evaluate_pairs(
    categories: list[PairCategory], scores: ArrayLike, threshold: float | None = None
) -> VerificationReport:
    """EER over all pairs, and accuracy and errors per category at `threshold` (default: the EER's own).

    Without a threshold (one-sided pairs and none given) accuracy is NaN and no pair is accepted.

    Args:
        categories: one per pair.
        scores: (N,) similarities, in the same order.
    """
    values = np.asarray(scores, dtype=np.float64)
    genuine = np.array([category.is_genuine for category in categories], dtype=bool)
    point = equal_error_rate(genuine, values)
    used = point.threshold if threshold is None else threshold
    wrong = (values >= used) != genuine
    by_category = {}
    for category in PairCategory:
        inside = np.array([c is category for c in categories], dtype=bool)
        by_category[category] = CategoryErrors(int(wrong[inside].sum()), int(inside.sum()))
    accuracy = 1 - float(wrong.mean()) if len(wrong) and not math.isnan(used) else math.nan
    return VerificationReport(point.eer, point.threshold, used, accuracy, by_category)
