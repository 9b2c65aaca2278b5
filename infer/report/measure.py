"""The figures of a report."""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.metrics import CategoryErrors, VerificationReport, evaluate_pairs, with_intervals
from common.pairs import PairCategory
from infer.report.curve import Curve, error_curve
from infer.results import Results

LEVEL = 0.01  # less a difference of rates is not worth a word
IMPOSTORS = tuple(category for category in PairCategory if not category.is_genuine)


@dataclass(frozen=True)
class Measured:
    """What the labelled pairs of results say.

    Attributes:
        at_threshold: at the threshold that the verdicts were taken at.
        at_eer: at the threshold of the EER, with intervals; its rates are NaN where there are only genuine or
            only impostor pairs.
        without_face: how many pairs of each category lack a usable face; they count as rejected.
        curves: the error rates at all thresholds, against all impostor pairs (None) and against one kind,
            for those of which there are pairs; empty where the EER is undefined.
    """

    at_threshold: VerificationReport
    at_eer: VerificationReport
    without_face: dict[PairCategory, int]
    curves: dict[PairCategory | None, Curve] = field(repr=False)

    @property
    def genuine(self) -> int:
        """Genuine pairs."""
        return self.at_threshold.by_category[PairCategory.SAME_PERSON].total

    @property
    def impostors(self) -> int:
        """Impostor pairs of either kind."""
        return impostor_errors(self.at_threshold).total

    @property
    def genuine_without_face(self) -> int:
        """Genuine pairs without two faces."""
        return self.without_face[PairCategory.SAME_PERSON]

    @property
    def impostors_without_face(self) -> int:
        """Impostor pairs of either kind without two faces."""
        return sum(self.without_face[kind] for kind in IMPOSTORS)

    @property
    def synthetic_without_face(self) -> int:
        """Pairs with a synthetic face without two usable ones."""
        return self.without_face[PairCategory.SYNTHETIC]

    @property
    def has_incomplete(self) -> bool:
        """Whether any labelled pair lacks two faces."""
        return any(self.without_face.values())

    @property
    def is_tuned(self) -> bool:
        """Whether the threshold is that of the EER of these very pairs."""
        return self.at_threshold.threshold == self.at_eer.threshold

    @property
    def is_level(self) -> bool:
        """Whether FMR and FNMR are about equal at the EER, which a curve with long steps need not allow."""
        fmr, fnmr = impostor_errors(self.at_eer).rate, genuine_errors(self.at_eer).rate
        return abs(fmr - fnmr) <= LEVEL

    @property
    def has_eer(self) -> bool:
        """Whether there are pairs of both classes."""
        return not math.isnan(self.at_eer.eer)


def measure(results: Results) -> Measured | None:
    """The error rates of labelled pairs, None where no pair is labelled.

    A pair without two faces counts as rejected at every threshold.
    """
    rows = results.labelled
    if not rows.any():
        return None
    categories, scores = results.categories[rows], results.ranks[rows]
    missing = np.isnan(results.similarity)
    at_eer = evaluate_pairs(categories, scores)
    return Measured(
        at_threshold=evaluate_pairs(categories, scores, results.threshold),
        at_eer=with_intervals(at_eer, categories, scores),
        without_face={
            category: int((missing & (results.categories == category.code)).sum())
            for category in PairCategory
        },
        curves={} if math.isnan(at_eer.eer) else _curves(categories, scores),
    )


def _curves(categories: NDArray[np.int8], scores: NDArray[np.float64]) -> dict[PairCategory | None, Curve]:
    genuine = scores[categories == PairCategory.SAME_PERSON.code]
    kinds: dict[PairCategory | None, NDArray[np.float64]] = {
        kind: scores[categories == kind.code] for kind in IMPOSTORS
    }
    kinds = {kind: found for kind, found in kinds.items() if len(found)}
    if len(kinds) > 1:  # one kind alone is all impostors
        kinds = {None: scores[categories != PairCategory.SAME_PERSON.code], **kinds}
    else:
        kinds = {None: next(iter(kinds.values()))}
    return {kind: error_curve(genuine, impostors) for kind, impostors in kinds.items()}


def genuine_errors(report: VerificationReport) -> CategoryErrors:
    """Genuine pairs that are rejected; the rate is the FNMR."""
    return report.by_category[PairCategory.SAME_PERSON]


def impostor_errors(report: VerificationReport) -> CategoryErrors:
    """Impostor pairs of either kind that are accepted; the rate is the FMR."""
    kinds = [report.by_category[kind] for kind in IMPOSTORS]
    return CategoryErrors(sum(kind.errors for kind in kinds), sum(kind.total for kind in kinds))


def reasons_without_face(results: Results) -> list[tuple[str, int]]:
    """How many photographs were rejected for each reason, the most frequent first.

    Details in brackets are left out.
    """
    counted = Counter(reason.split(" (")[0] for reason in results.rejected.values())
    return sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
