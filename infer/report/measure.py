"""The figures of a report."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from common.metrics.report import IMPOSTORS
from infer.output.results import Results
from infer.report.curve import Curve, error_curve

LEVEL = 0.01  # less a difference of rates is not worth a word


@dataclass(frozen=True)
class Measured:
    """Error rates and curves of the labelled pairs of results that were compared.

    Attributes:
        at_threshold: at the threshold that the verdicts were taken at; None where none is known.
        at_eer: at the threshold of the EER, with intervals; its rates are NaN where there are only genuine or
            only impostor pairs.
        curves: the error rates at all thresholds, against all impostor pairs (None) and against one kind,
            for those of which there are pairs; empty where the EER is undefined.
    """

    at_threshold: VerificationReport | None
    at_eer: VerificationReport
    curves: dict[PairCategory | None, Curve] = field(repr=False)

    @property
    def is_tuned(self) -> bool:
        """Whether the threshold is that of the EER of these very pairs."""
        return self.at_threshold is not None and self.at_threshold.threshold == self.at_eer.threshold

    @property
    def is_level(self) -> bool:
        """Whether FMR and FNMR are about equal at the EER, which a curve with long steps need not allow."""
        return abs(self.at_eer.impostors.rate - self.at_eer.genuine.rate) <= LEVEL

    @property
    def has_eer(self) -> bool:
        """Whether there are pairs of both classes."""
        return not math.isnan(self.at_eer.eer)


def measure(results: Results) -> Measured | None:
    """The error rates of labelled pairs that were compared, None where there is none."""
    rows = results.measured
    if not rows.any():
        return None
    categories, scores = results.categories[rows], results.similarity[rows]
    at_eer = evaluate_pairs(categories, scores)
    used = results.threshold
    return Measured(
        at_threshold=None if used is None else evaluate_pairs(categories, scores, used),
        at_eer=with_intervals(at_eer, categories, scores),
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
