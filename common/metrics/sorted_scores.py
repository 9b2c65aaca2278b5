"""Sorted scores of genuine and of impostor pairs, from which every error rate is read."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scores = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class SortedScores:
    """Scores of a set of pairs, float32 or float64, each class ascending."""

    genuine: Scores  # (P,)
    impostor: Scores  # (N,)

    @property
    def has_both(self) -> bool:
        """Whether there are genuine and impostor pairs, without which no error rate is defined."""
        return len(self.genuine) > 0 and len(self.impostor) > 0


def finite_scores(scores: ArrayLike, labels: NDArray[Any]) -> Scores:
    """The scores as a vector of floats; float32 stays float32, for it sorts twice as fast.

    Raises ValueError unless they are finite and one per label.
    """
    values = np.asarray(scores)
    if values.dtype != np.float32:
        values = values.astype(np.float64, copy=False)
    if values.ndim != 1 or labels.shape != values.shape:
        raise ValueError(f"labels {labels.shape} and scores {values.shape} must be equally long vectors")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return values


def count_accepted(ascending: Scores, threshold: float) -> int:
    """How many of the sorted scores are at least `threshold`; none where that is NaN."""
    bound = _at_least(threshold, ascending.dtype.type)
    return len(ascending) - int(np.searchsorted(ascending, bound, side="left"))


def threshold_after(scores: SortedScores, true_accepts: int, false_accepts: int) -> float:
    """A threshold that accepts exactly that many of the highest genuine and impostor scores."""
    last_accepted, first_rejected = math.inf, -math.inf
    for ascending, accepted in ((scores.genuine, true_accepts), (scores.impostor, false_accepts)):
        rejected = len(ascending) - accepted
        if accepted:
            last_accepted = min(last_accepted, float(ascending[rejected]))
        if rejected:
            first_rejected = max(first_rejected, float(ascending[rejected - 1]))
    if last_accepted == math.inf:
        return math.nextafter(first_rejected, math.inf)
    if first_rejected == -math.inf:
        return last_accepted
    middle = first_rejected + (last_accepted - first_rejected) / 2
    return middle if middle > first_rejected else last_accepted


def threshold_above(scores: SortedScores, barred: float) -> float:
    """A threshold that accepts exactly the scores above `barred`, which is one of them.

    It lies midway to the next higher score of any pair, so that it does not hang on the last bit of one;
    where no score is higher it is the next number above.
    """
    just_above = math.nextafter(barred, math.inf)
    return threshold_after(
        scores, count_accepted(scores.genuine, just_above), count_accepted(scores.impostor, just_above)
    )


def _at_least(threshold: float, kind: type[np.floating[Any]]) -> np.floating[Any]:
    """The smallest number of a precision that is not below `threshold`: it decides such scores alike."""
    with np.errstate(over="ignore"):
        bound = kind(threshold)
    return np.nextafter(bound, kind(np.inf)) if float(bound) < threshold else bound
