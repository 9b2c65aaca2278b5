"""How classifiers, alone or as an ensemble, do on crops of a set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from common.metrics import ClassificationReport, evaluate_classification, with_classification_intervals
from common.models.classifier_ensemble import load_classifiers, mean_logits
from train.data.dataset import CropDataset
from train.data.groups import crop_groups

SHOWN = ("auc", "f1")
Row = tuple[str, ...]


def rows_of_folds(
    folds: Path, dataset: CropDataset, rows: NDArray[np.int64], views: Sequence[str]
) -> list[Row]:
    """Two lines of the table: the mean of the folds' classifiers, each by itself, and their ensemble."""
    members = load_classifiers(sorted(folds.glob("fold_*.safetensors")))
    crops = [dataset.stored(int(row)) for row in rows]
    labels, groups = dataset.synthetic[rows], crop_groups(dataset)[0][rows]
    logits = [mean_logits([member], crops, views) for member in members]
    thresholds = [member.info.point.threshold for member in members]
    alone = [
        evaluate_classification(labels, expit(own), groups, threshold).values()
        for own, threshold in zip(logits, thresholds, strict=True)
    ]
    likely = expit(np.mean(logits, axis=0))
    together = evaluate_classification(labels, likely, groups, float(np.mean(thresholds)))
    told = with_classification_intervals(together, labels, likely, groups)
    means = [np.array([values[name] for values in alone]) for name in SHOWN]
    return [
        (f"one of {len(members)}", *(f"{each.mean():.3f} ± {each.std(ddof=1):.3f}" for each in means)),
        (f"ensemble of {len(members)}", *(_with_interval(told, name) for name in SHOWN)),
    ]


def _with_interval(report: ClassificationReport, name: str) -> str:
    interval, value = report.intervals.get(name), report.values()[name]
    return f"{value:.3f}" + (f" ({interval.low:.3f}–{interval.high:.3f})" if interval else "")
