"""The error table of a set of scored, labelled pairs."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.formats.pair_category import PairCategory
from common.metrics.eer import equal_error_point
from common.metrics.identification import Identification
from common.metrics.interval import Interval
from common.metrics.sorted_scores import Scores, SortedScores, count_accepted, finite_scores
from common.metrics.true_accepts import true_accept_rates

IMPOSTORS = tuple(category for category in PairCategory if not category.is_genuine)


@dataclass(frozen=True)
class CategoryErrors:
    """Wrong verdicts among the pairs of one category."""

    errors: int
    total: int

    @property
    def rate(self) -> float:
        """Share of wrong verdicts in [0, 1]; NaN without pairs."""
        return self.errors / self.total if self.total else math.nan


ErrorTable = dict[PairCategory, CategoryErrors]


def impostor_errors(table: ErrorTable) -> CategoryErrors:
    """Impostor pairs of all kinds that are accepted; the rate is the FMR."""
    found = [table[category] for category in IMPOSTORS]
    return CategoryErrors(sum(entry.errors for entry in found), sum(entry.total for entry in found))


@dataclass(frozen=True)
class VerificationReport:
    """The error rates of a set of pairs; rates are in [0, 1], NaN where there are no pairs to tell."""

    eer: float  # genuine against all impostor pairs
    eer_threshold: float
    threshold: float  # the one that accuracy and the table below were taken at
    accuracy: float
    by_category: ErrorTable
    eer_by_category: dict[PairCategory, float] = field(default_factory=dict)  # against one kind of impostor
    tar_at_fmr: dict[float, float] = field(default_factory=dict)  # see `true_accept_rates`
    # only validation knows these: genuine pairs against the hardest impostors, and each crop searched among
    # all others that are bona fide
    hard_eer: float = math.nan
    identification: Identification | None = None  # of bona fide crops
    identification_of_synthetic: Identification | None = None  # whether they find the person they imitate
    intervals: dict[str, Interval] = field(default_factory=dict)  # of 95 %, see `with_intervals`

    @property
    def genuine(self) -> CategoryErrors:
        """Genuine pairs that are rejected; the rate is the FNMR."""
        return self.by_category[PairCategory.SAME_PERSON]

    @property
    def impostors(self) -> CategoryErrors:
        """Impostor pairs of all kinds that are accepted; the rate is the FMR."""
        return impostor_errors(self.by_category)


def evaluate_pairs(
    categories: ArrayLike, scores: ArrayLike, threshold: float | None = None
) -> VerificationReport:
    """EER over all pairs, and accuracy and errors per category at `threshold` (default: the EER's own).

    Without a threshold (one-sided pairs and none given) accuracy is NaN and no pair is accepted.

    Args:
        categories: (N,) integers, the `PairCategory.code` of each pair.
        scores: (N,) similarities, in the same order, finite.

    Raises ValueError for arrays of different length, other codes, or scores that are not finite.
    """
    apart = scores_by_category(categories, scores)
    genuine = apart[PairCategory.SAME_PERSON]
    impostors = [apart[category] for category in IMPOSTORS]
    everything = SortedScores(genuine, np.sort(np.concatenate(impostors)))
    point = equal_error_point(everything)
    used = point.threshold if threshold is None else threshold
    by_category = {category: _errors(category, apart[category], used) for category in PairCategory}
    wrong = sum(found.errors for found in by_category.values())
    total = sum(found.total for found in by_category.values())
    return VerificationReport(
        eer=point.eer,
        eer_threshold=point.threshold,
        threshold=used,
        accuracy=1 - wrong / total if total and not math.isnan(used) else math.nan,
        by_category=by_category,
        eer_by_category={
            category: equal_error_point(SortedScores(genuine, apart[category])).eer for category in IMPOSTORS
        },
        tar_at_fmr=true_accept_rates(everything),
    )


def category_codes(categories: ArrayLike) -> NDArray[np.int8]:
    """The codes as int8; raises ValueError for anything that is not the code of a `PairCategory`."""
    codes = np.asarray(categories)
    if codes.size and (codes.dtype.kind not in "iu" or codes.min() < 0 or codes.max() >= len(PairCategory)):
        raise ValueError("categories must be codes of PairCategory")
    return codes.astype(np.int8, copy=False)


def scores_by_category(categories: ArrayLike, scores: ArrayLike) -> dict[PairCategory, Scores]:
    """The scores of each category, ascending; raises ValueError as `evaluate_pairs`."""
    codes = category_codes(categories)
    values = finite_scores(scores, codes)
    return {category: np.sort(values[codes == category.code]) for category in PairCategory}


def _errors(category: PairCategory, ascending: Scores, threshold: float) -> CategoryErrors:
    accepted = count_accepted(ascending, threshold)
    total = len(ascending)
    return CategoryErrors(total - accepted if category.is_genuine else accepted, total)
