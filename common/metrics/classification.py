"""The figures of a classifier on labelled faces: whether each is called synthetic, and how likely."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.decisions import Decisions
from common.metrics.eer import equal_error_rate
from common.metrics.interval import Interval
from common.metrics.ranked_faces import RankedFaces, area_under_roc, average_precision
from common.metrics.reliability import ReliabilityBin, calibration_error, reliability_bins
from common.metrics.report import CategoryErrors
from common.metrics.sorted_scores import finite_scores

HALF = 0.5


@dataclass(frozen=True)
class ClassificationReport:
    """The figures of a classifier on labelled faces; NaN where the faces, of one class only, define none."""

    threshold: float  # a face is called synthetic from this P(synthetic) on
    decisions: Decisions  # at the threshold
    decisions_at_half: Decisions
    auc: float  # area under the ROC curve
    average_precision: float
    eer: float  # where APCER and BPCER cross, see `equal_error_rate`
    eer_threshold: float
    log_loss: float  # mean negative logarithm, to base e, of the probability of the truth
    brier: float  # mean squared distance of P(synthetic) from 1 or 0
    ece: float  # see `calibration_error`
    reliability: tuple[ReliabilityBin, ...]
    groups: int  # people, source videos or forgery sources; faces where they are not known
    intervals: dict[str, Interval] = field(
        default_factory=dict
    )  # of 95 %, see `with_classification_intervals`

    def values(self) -> dict[str, float]:
        """All figures by name: rates at the threshold, those at 0.5 with `_at_half`, and those of neither."""
        return {
            "auc": self.auc,
            "average_precision": self.average_precision,
            "eer": self.eer,
            "log_loss": self.log_loss,
            "brier": self.brier,
            "ece": self.ece,
            **self.decisions.rates(),
            **{f"{name}_at_half": rate for name, rate in self.decisions_at_half.rates().items()},
        }


def evaluate_classification(
    labels: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike | None = None,
    threshold: float = HALF,
) -> ClassificationReport:
    """The figures of scored faces, without intervals.

    Args:
        labels: (N,) booleans or 0/1; true for synthetic faces.
        probabilities: (N,) P(synthetic) in [0, 1].
        groups: (N,) integers, equal for faces that are not independent; None where that is not known.
        threshold: a face is called synthetic when its P(synthetic) is at least this.

    Raises ValueError for arrays of different length, other labels, what is no probability, or a NaN.
    """
    synthetic, likely = checked_faces(labels, probabilities)
    ranked = RankedFaces.of(synthetic, likely)
    false_alarms, caught = ranked.called(np.ones(len(synthetic), np.int64))
    bins = reliability_bins(synthetic, likely)
    point = equal_error_rate(synthetic, likely)
    return ClassificationReport(
        threshold=threshold,
        decisions=decide(synthetic, likely, threshold),
        decisions_at_half=decide(synthetic, likely, HALF),
        auc=area_under_roc(false_alarms, caught),
        average_precision=average_precision(false_alarms, caught),
        eer=point.eer,
        eer_threshold=point.threshold,
        log_loss=_mean(surprise(synthetic, likely)),
        brier=_mean(np.square(likely - synthetic)),
        ece=calibration_error(bins),
        reliability=bins,
        groups=len(np.unique(group_numbers(groups, len(synthetic)))),
    )


def decide(labels: NDArray[np.bool_], probabilities: NDArray[np.float64], threshold: float) -> Decisions:
    """The verdicts on faces (N,) at a threshold, as `checked_faces` gives labels and probabilities."""
    called = probabilities >= threshold
    return Decisions(
        bona_fide=CategoryErrors(int(np.sum(called & ~labels)), int(np.sum(~labels))),
        synthetic=CategoryErrors(int(np.sum(~called & labels)), int(np.sum(labels))),
    )


def surprise(labels: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the log loss of each face, finite: that the truth had no probability counts as if it had 2e-16."""
    of_truth = np.where(labels, probabilities, 1 - probabilities)
    return -np.log(np.maximum(of_truth, np.finfo(np.float64).eps))


def checked_faces(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and probabilities as `evaluate_classification` takes them, which says what is refused."""
    synthetic = checked_labels(labels)
    likely = finite_scores(probabilities, synthetic).astype(np.float64, copy=False)
    if likely.size and not (likely.min() >= 0 and likely.max() <= 1):
        raise ValueError("probabilities must lie in 0 to 1")
    return synthetic, likely


def checked_labels(labels: ArrayLike) -> NDArray[np.bool_]:
    """Labels as booleans, true for synthetic faces; raises ValueError for any but 0 and 1."""
    given = np.asarray(labels)
    if given.dtype != bool and not np.isin(given, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    return given.astype(bool, copy=False)


def group_numbers(groups: ArrayLike | None, faces: int) -> NDArray[np.intp]:
    """(N,) the group of each face, counted from 0; its own where groups are not known.

    Raises ValueError unless there is one for each of the faces.
    """
    if groups is None:
        return np.arange(faces)
    given = np.asarray(groups)
    if given.shape != (faces,):
        raise ValueError(f"groups {given.shape} must be one for each of {faces} faces")
    return np.unique(given, return_inverse=True)[1].astype(np.intp, copy=False)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan
