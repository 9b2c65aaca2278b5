"""Error rates of a weighted sample, in which each pair stands as often as its weight says.

Weights are whole numbers, so every rate here is exactly that of the sample with its pairs written out so
often; with all weights 1 it is that of `evaluate_pairs`.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.formats.pair_category import PairCategory
from common.metrics.crossing import Stretch, find_crossing
from common.metrics.report import category_codes
from common.metrics.sorted_scores import finite_scores
from common.metrics.true_accepts import allowed_accepts

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class PresortedPairs:
    """Scored pairs, sorted once for any number of weightings."""

    levels: NDArray[np.float64]  # (K,) distinct scores, descending
    units: int  # what is drawn: identities, or pairs where those are not known
    members: list[NDArray[np.intp]]  # per category (2, N): the units of each pair, by falling score
    ends: list[NDArray[np.intp]]  # per category (K,): how many of its pairs score at least that level

    @property
    def fewest_units(self) -> int:
        """How many units the pairs of a category show, in the one that shows the fewest."""
        shown = [np.unique(units[units < self.units]) for units in self.members if units.size]
        return min(len(found) for found in shown)

    def accepts(self, draws: Counts) -> Counts:
        """(3, K + 1): the weight of each category that is accepted at the levels; nothing at column 0.

        Args:
            draws: (units,) how often each unit was drawn.
        """
        factors = np.append(draws, 1)  # a pair of one identity has that once and this for the second
        accepted = np.zeros((len(self.members), len(self.levels) + 1), np.int64)
        for row, (first, second), ends in zip(accepted, self.members, self.ends, strict=True):
            running = np.cumsum(factors[first] * factors[second])
            row[1:] = np.concatenate([[0], running])[ends]
        return accepted


def presort(categories: ArrayLike, scores: ArrayLike, identities: ArrayLike | None) -> PresortedPairs:
    """Pairs sorted for resampling; arguments and errors are those of `with_intervals`."""
    codes = category_codes(categories)
    values = finite_scores(scores, codes).astype(np.float64, copy=False)
    units, of_pairs = _units(len(values), identities)
    levels, rank = np.unique(values, return_inverse=True)
    members, ends = [], []
    for category in PairCategory:
        inside = np.flatnonzero(codes == category.code)
        members.append(of_pairs[:, inside[np.argsort(-values[inside], kind="stable")]])
        ends.append(np.cumsum(np.bincount(rank[inside], minlength=len(levels))[::-1]))
    return PresortedPairs(levels[::-1], units, members, ends)


def _units(pairs: int, identities: ArrayLike | None) -> tuple[int, NDArray[np.intp]]:
    """The number of units and (2, N) those of each pair; the second is `number` where it equals the first."""
    if identities is None:
        return pairs, np.stack([np.arange(pairs), np.full(pairs, pairs)])
    given = np.asarray(identities)
    if given.shape != (pairs, 2):
        raise ValueError(f"identities {given.shape} must be two for each of {pairs} pairs")
    names, numbers = np.unique(given, return_inverse=True)
    first, second = numbers.reshape(-1, 2).T
    return len(names), np.stack([first, np.where(first == second, len(names), second)])


def weighted_eer(true_accepts: Counts, false_accepts: Counts) -> float:
    """The equal error rate, from (K + 1,) accepted weights; NaN where a class has no weight."""
    positives, negatives = int(true_accepts[-1]), int(false_accepts[-1])
    if not positives or not negatives:
        return math.nan

    def has_crossed(level: int) -> bool:
        return bool(1 - true_accepts[level] / positives <= false_accepts[level] / negatives)

    middle = bisect_left(range(len(true_accepts)), True, key=has_crossed)

    def stretch_around(reach: int) -> Stretch:
        start, end = max(middle - reach, 0), min(middle + reach, len(true_accepts))
        genuine, impostor = true_accepts[start:end], false_accepts[start:end]
        present = np.concatenate([[start == 0], np.diff(genuine + impostor) > 0])  # levels with any weight
        return Stretch(genuine[present], impostor[present], start == 0, end == len(true_accepts))

    return 1 - find_crossing(stretch_around, positives, negatives)[0] / positives


def weighted_true_accept_rate(true_accepts: Counts, false_accepts: Counts, target: float) -> float:
    """TAR at an FMR of `target`, from (K + 1,) accepted weights; NaN where a class has no weight."""
    positives, negatives = int(true_accepts[-1]), int(false_accepts[-1])
    if not positives or not negatives:
        return math.nan
    level = int(np.searchsorted(false_accepts, allowed_accepts(target, negatives), side="right")) - 1
    return float(true_accepts[level] / positives)
