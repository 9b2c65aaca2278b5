"""Two models on the same pairs: where they differ, and whether that can be chance."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from common.formats.pair_category import PairCategory
from common.metrics.resample import presort, weighted_eer
from common.metrics.resampling import FEWEST_RESAMPLES, MOST_WEIGHTS, PERCENTILES, RESAMPLES
from common.metrics.true_accepts import RULE_OF_THREE
from common.runtime.errors import UserError
from infer.output.results import HardPairs, Results


@dataclass(frozen=True)
class Joined:
    """Two results of the same pairs, in the same order.

    Attributes:
        first, second: the results, with those pairs alone that both have compared, for only these tell which
            one is better; both keep all their crops.
        given: the same with the common pairs that one of them, or both, could not compare.
        only_first, only_second: pairs of the one that the other lacks.
    """

    first: Results
    second: Results
    given: tuple[Results, Results] = field(repr=False)
    only_first: int
    only_second: int

    @property
    def uncompared(self) -> int:
        """Common pairs that one of them, or both, could not compare."""
        return len(self.given[0].ids) - len(self.first.ids)


@dataclass(frozen=True)
class Disagreement:
    """How often two models give different verdicts at their thresholds.

    Attributes:
        rows: (D,) the pairs with different verdicts, those first whose similarities lie farthest from their
            thresholds.
        first_right, second_right: how many of the labelled ones only the first, or the second, judges right.
        chance: the probability, by McNemar's exact test, of so uneven a share or one more uneven still, were
            both models equally often right; NaN where no labelled pair differs.
    """

    rows: NDArray[np.int64] = field(repr=False)
    first_right: int
    second_right: int
    chance: float


@dataclass(frozen=True)
class DifferenceInterval:
    """Where the difference of two rates lies with 95 % confidence.

    Attributes:
        low, high: in [-1, 1].
        pairs: of the smaller class, where no resample shows a difference and the rule of three bounds what
            stays possible; else None.
    """

    low: float
    high: float
    pairs: int | None = None


def join(first: Results, second: Results) -> Joined:
    """The pairs that both results have, found by their ids, in the order of the first.

    Where pairs are left out, so are the photographs that only they show.

    Raises UserError when there are none, and when a pair of the same id shows other photographs, or has
    another label, in the other results: they are then not of the same pair set.
    """
    if first.ids == second.ids:
        rows = other = np.arange(len(first.ids))
    else:
        place = {pair_id: row for row, pair_id in enumerate(second.ids)}
        matched = [(row, place[name]) for row, name in enumerate(first.ids) if name in place]
        rows, other = np.array(matched, np.int64).reshape(-1, 2).T
    if not len(rows):
        raise UserError("the two results have no pair in common; compare results of the same pairs")
    given = _only(first, rows), _only(second, other)
    _check_same(*given)
    both = np.flatnonzero(given[0].compared & given[1].compared)
    only = len(first.ids) - len(rows), len(second.ids) - len(rows)
    return Joined(_only(given[0], both), _only(given[1], both), given, *only)


def _only(results: Results, rows: NDArray[np.int64]) -> Results:
    """The results of some pairs; of photographs and crops those of these pairs."""
    if len(rows) == len(results.ids) and bool((rows[:-1] < rows[1:]).all()):
        return results
    position = np.full(len(results.ids), -1)
    position[rows] = np.arange(len(rows))
    hard = position[results.hard.rows]
    images, members = np.unique(results.members[rows], return_inverse=True)
    shown = images.tolist()
    return replace(
        results,
        ids=[results.ids[row] for row in rows.tolist()],
        image_names=[results.image_names[image] for image in shown],
        members=members.reshape(-1, 2),
        categories=results.categories[rows],
        similarity=results.similarity[rows],
        rejected={
            place: results.rejected[image] for place, image in enumerate(shown) if image in results.rejected
        },
        hard=HardPairs(hard[hard >= 0], results.hard.crops[hard >= 0]),
    )


def _check_same(first: Results, second: Results) -> None:
    other_label = np.flatnonzero(first.categories != second.categories)
    if len(other_label):
        raise UserError(
            f"pair '{first.ids[other_label[0]]}' has another label in the other results; score both with the "
            "same labels, by 'python -m infer pairs'"
        )
    if first.image_names == second.image_names and np.array_equal(first.members, second.members):
        return
    names = np.array(first.image_names, object), np.array(second.image_names, object)
    other_image = (names[0][first.members] != names[1][second.members]).any(axis=1)
    if other_image.any():
        raise UserError(
            f"pair '{first.ids[int(other_image.argmax())]}' shows other photographs in the other results; "
            "compare results of the same pairs"
        )


def disagreement(joined: Joined) -> Disagreement | None:
    """Where the verdicts differ, each model at its own threshold; None where one has no threshold.

    The test is that of McNemar ("Note on the sampling error of the difference between correlated proportions
    or percentages", Psychometrika 12, 1947) with the binomial distribution itself in the place of an
    approximation.
    """
    sides = joined.first, joined.second
    margins = [results.similarity - results.threshold for results in sides if results.threshold is not None]
    if len(margins) < len(sides):
        return None
    accepted = [margin >= 0 for margin in margins]
    rows = np.flatnonzero(accepted[0] != accepted[1])
    genuine = joined.first.categories[rows] == PairCategory.SAME_PERSON.code
    right = (accepted[0][rows] == genuine)[joined.first.labelled[rows]]
    first_right, second_right = int(right.sum()), int((~right).sum())
    distance = np.abs(margins[0][rows]) + np.abs(margins[1][rows])
    return Disagreement(
        rows[np.argsort(-distance, kind="stable")],
        first_right,
        second_right,
        float(binomtest(first_right, len(right)).pvalue) if len(right) else math.nan,
    )


def eer_difference_interval(joined: Joined, seed: int = 0) -> DifferenceInterval | None:
    """Where the EER of the second model less that of the first lies with 95 % confidence.

    Both are computed on the same resamples of the pairs, so that what makes a sample easy or hard for both
    cancels out (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993). None with more than a
    million pairs, for which memory and time stay bounded, and where the EER is undefined. Pairs that share a
    person are taken for independent, since the results do not say who is on the photographs.

    Where different scores give no difference at all on the resamples, as between models without errors, that
    is no proof of equal rates: by the rule of three (ISO/IEC 19795-1) a rate of which n pairs show nothing
    may still be 3 / n, n the pairs of the smaller class.
    """
    rows = joined.first.labelled
    count = int(rows.sum())
    resamples = min(RESAMPLES, MOST_WEIGHTS // max(count, 1))
    if not count or resamples < FEWEST_RESAMPLES:
        return None
    categories = joined.first.categories[rows]
    sets = [presort(categories, results.similarity[rows], None) for results in (joined.first, joined.second)]
    rng = np.random.default_rng(seed)
    differences = []
    for _ in range(resamples):
        draws = np.bincount(rng.integers(0, count, count), minlength=count)
        eers = [
            weighted_eer(accepts[0], accepts[1] + accepts[2]) for accepts in (s.accepts(draws) for s in sets)
        ]
        differences.append(eers[1] - eers[0])
    defined = np.array(differences)[~np.isnan(differences)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, PERCENTILES).tolist()
    if low < 0 or high > 0 or np.array_equal(joined.first.similarity[rows], joined.second.similarity[rows]):
        return DifferenceInterval(low, high)
    genuine = int((categories == PairCategory.SAME_PERSON.code).sum())
    smaller = min(genuine, count - genuine)
    bound = min(1.0, RULE_OF_THREE / smaller)
    return DifferenceInterval(-bound, bound, smaller)
