"""How a classifier does on a set of faces: all of it, or the part that it was not trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from common.metrics import (
    ClassificationReport,
    evaluate_classification,
    with_classification_intervals,
)
from common.metrics.matched_faces import sharpness_matched
from common.metrics.picture_measures import sharpness
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import OperatingPoint
from train.data.dataset import CropDataset
from train.data.groups import crop_groups

BATCH = 64


@dataclass(frozen=True)
class Score:
    """The figures of a classifier on a set."""

    report: ClassificationReport  # at the stored temperature and threshold, with intervals
    before: ClassificationReport  # at a temperature of 1
    matched_auc: float  # among pairs that are alike in sharpness
    matched: int  # such pairs
    undecided: float  # share of the faces in the band
    errors_in_band: float  # share of the wrong verdicts that the band takes in; NaN without any


def score_set(
    classifier: Classifier, point: OperatingPoint, dataset: CropDataset, rows: NDArray[np.int64]
) -> Score:
    """The figures of a classifier, in eval mode, on some rows of a data set of its size."""
    logits = np.concatenate(
        [
            classifier.score(dataset[rows[start : start + BATCH]].crops).double().numpy()
            for start in range(0, len(rows), BATCH)
        ]
    )
    labels, groups = dataset.synthetic[rows], crop_groups(dataset)[0][rows]
    likely = expit(logits / point.temperature)
    report = evaluate_classification(labels, likely, groups, point.threshold)
    pairs = sharpness_matched(labels, np.array([sharpness(dataset.image(int(row))) for row in rows]))
    matched = evaluate_classification(labels[pairs].ravel(), likely[pairs].ravel()) if len(pairs) else None
    low, high = point.undecided
    is_undecided = (low <= likely) & (likely < high)
    is_wrong = (likely >= point.threshold) != labels
    return Score(
        report=with_classification_intervals(report, labels, likely, groups),
        before=evaluate_classification(labels, expit(logits)),
        matched_auc=matched.auc if matched else float("nan"),
        matched=len(pairs),
        undecided=float(is_undecided.mean()),
        errors_in_band=float(is_undecided[is_wrong].mean()) if is_wrong.any() else float("nan"),
    )
