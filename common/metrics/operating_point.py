"""Thresholds of P(synthetic): by the best F1, at a BPCER or an APCER that is asked for."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.classification import HALF, checked_faces, decide
from common.metrics.decisions import Decisions
from common.metrics.sorted_scores import SortedScores
from common.metrics.threshold_at_fmr import impostors_needed, impostors_to_trust, threshold_at_fmr
from common.runtime.errors import ParameterError, UserError

CANDIDATES = np.linspace(0.1, 0.9, 50)  # of the threshold by F1, as published systems try them
CLASSES = {"bpcer": "bona fide", "apcer": "synthetic"}  # whose errors are counted


@dataclass(frozen=True)
class ClassifierPoint:
    """A threshold that keeps one error rate within what was asked, on labelled faces."""

    threshold: float  # a face is called synthetic from this P(synthetic) on; in (0, 1]
    kind: str  # `bpcer` or `apcer`: the rate that was asked
    asked: float  # in (0, 1)
    decisions: Decisions

    @property
    def faces_to_trust(self) -> int | None:
        """How many faces of its class it takes to trust the rate, where there are fewer.

        By the rule of three, see `impostors_to_trust`; None where there are enough.
        """
        needed = impostors_to_trust(self.asked)
        of_class = self.decisions.bona_fide if self.kind == "bpcer" else self.decisions.synthetic
        return needed if of_class.total < needed else None


def best_f1_threshold(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """The threshold with the highest F1 of 50 from 0.1 to 0.9, the lowest of equals; 0.5 for one class only.

    Raises ValueError as `evaluate_classification`, which says what the arguments are.
    """
    synthetic, likely = checked_faces(labels, probabilities)
    if not synthetic.any() or synthetic.all():
        return HALF
    return float(max(CANDIDATES, key=lambda candidate: decide(synthetic, likely, candidate).f1))


def point_at_bpcer(labels: ArrayLike, probabilities: ArrayLike, bpcer: float) -> ClassifierPoint:
    """The lowest threshold, which misses the fewest synthetic faces, whose BPCER is within `bpcer`.

    Raises ParameterError for a `bpcer` outside (0, 1) and where there are too few bona fide faces for it,
    UserError where there is no face of a class or no threshold is high enough, ValueError as
    `evaluate_classification`.
    """
    synthetic, likely = checked_faces(labels, probabilities)
    _check("bpcer", bpcer, synthetic)
    threshold = threshold_at_fmr(apart(synthetic, likely), bpcer)
    if threshold > 1:
        raise _no_threshold("bpcer", bpcer, 1)
    return ClassifierPoint(threshold, "bpcer", bpcer, decide(synthetic, likely, threshold))


def point_at_apcer(labels: ArrayLike, probabilities: ArrayLike, apcer: float) -> ClassifierPoint:
    """The highest threshold, which keeps the most bona fide faces, whose APCER is within `apcer`.

    The APCER is that of all synthetic faces together. Raises as `point_at_bpcer`, for synthetic faces.
    """
    synthetic, likely = checked_faces(labels, probabilities)
    _check("apcer", apcer, synthetic)
    threshold = turned(threshold_at_fmr(apart(~synthetic, -likely), apcer))
    if threshold <= 0:
        raise _no_threshold("apcer", apcer, 0)
    return ClassifierPoint(threshold, "apcer", apcer, decide(synthetic, likely, threshold))


def apart(accepted: NDArray[np.bool_], scores: NDArray[np.float64]) -> SortedScores:
    """The scores of the class that is to be accepted above a threshold, and of the other."""
    return SortedScores(np.sort(scores[accepted]), np.sort(scores[~accepted]))


def turned(threshold: float) -> float:
    """The threshold t with p >= t wherever -p < `threshold`, and only there."""
    return math.nextafter(-threshold, math.inf)


def _check(kind: str, asked: float, synthetic: NDArray[np.bool_]) -> None:
    """Raise unless a rate can be measured on these faces."""
    if not 0 < asked < 1:
        raise ParameterError(f"{{{kind}}} must lie between 0 and 1, such as 0.01, not be {{}}", asked)
    counts = {"bpcer": int((~synthetic).sum()), "apcer": int(synthetic.sum())}
    for other, count in counts.items():
        if not count:
            raise UserError(
                f"there are no {CLASSES[other]} faces, hence no {other.upper()}; add some to the data"
            )
    needed = impostors_needed(asked)
    if counts[kind] < needed:
        raise ParameterError(
            f"a rate of {asked:g} cannot be measured on {counts[kind]:,} {CLASSES[kind]} faces; it takes "
            f"{needed:,} at the least, and {impostors_to_trust(asked):,} to be trusted: add some to the "
            f"data, or raise {{{kind}}}"
        )


def _no_threshold(kind: str, asked: float, certain: int) -> ParameterError:
    return ParameterError(
        f"no threshold keeps the {kind.upper()} within {asked:g}, as too many {CLASSES[kind]} faces have a "
        f"P(synthetic) of {certain}: mend their labels, or raise {{{kind}}}"
    )
