"""The summary of folds: the figures of each, their mean and spread, and those of all crops together."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.metrics import ClassificationReport, evaluate_classification, with_classification_intervals
from common.metrics.figures import finite
from common.metrics.operating_point import best_f1_threshold
from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.atomic import write_text_atomically
from train.folds.out_of_fold import OutOfFold

CHOSEN_ON_THEMSELVES = (
    "weights, temperature and threshold of each fold were chosen on the crops that it held out, so that all "
    "of these figures are a little too good"
)


@dataclass(frozen=True)
class FoldFigures:
    """What the classifier of a fold says of the crops that it held out."""

    fold: int  # from 1
    run: str
    point: OperatingPoint
    report: ClassificationReport  # at its own threshold


@dataclass(frozen=True)
class FoldsSummary:
    """The figures of a set of folds.

    Attributes:
        folds: in their order.
        mean, deviation: of the figures over the folds, by name; NaN where a fold has none.
        together: of all crops, each scored by the fold that held it out, at the threshold with the best F1
            of 50 from 0.1 to 0.9; with intervals that resample groups.
    """

    folds: list[FoldFigures]
    mean: Mapping[str, float]
    deviation: Mapping[str, float]  # of the sample: divided by one less than the folds
    together: ClassificationReport

    @property
    def threshold_from(self) -> str:
        """What decided on the threshold of all crops together, for people."""
        of_both = self.together.decisions.synthetic.total and self.together.decisions.bona_fide.total
        return "the best F1 of 50 from 0.1 to 0.9" if of_both else "not chosen: crops of one class have no F1"


def summarise(scored: OutOfFold) -> FoldsSummary:
    """The figures of out-of-fold scores."""
    labels, probabilities = scored.labels, scored.probabilities
    folds = []
    for fold, (point, run) in enumerate(zip(scored.points, scored.runs, strict=True), start=1):
        own = scored.fold == fold
        report = evaluate_classification(labels[own], probabilities[own], scored.groups[own], point.threshold)
        folds.append(FoldFigures(fold, run, point, report))
    values = [figures.report.values() | {"threshold": figures.point.threshold} for figures in folds]
    by_name = {name: np.array([each[name] for each in values]) for name in values[0]}
    threshold = best_f1_threshold(labels, probabilities)
    together = evaluate_classification(labels, probabilities, scored.groups, threshold)
    return FoldsSummary(
        folds,
        {name: float(found.mean()) for name, found in by_name.items()},
        {name: float(found.std(ddof=1)) for name, found in by_name.items()},
        with_classification_intervals(together, labels, probabilities, scored.groups),
    )


def write_summary(path: Path, summary: FoldsSummary) -> None:
    """Write `summary.json`, atomically; what is undefined is null."""
    report = summary.together
    said = {
        "folds": [
            {
                "fold": each.fold,
                "run": each.run,
                "temperature": each.point.temperature,
                "threshold": each.point.threshold,
                "threshold_from": each.point.threshold_from,
                **_counts(each.report),
                "figures": _plain(each.report.values()),
            }
            for each in summary.folds
        ],
        "mean": _plain(summary.mean),
        "deviation": _plain(summary.deviation),
        "out_of_fold": {
            "threshold": report.threshold,
            "threshold_from": summary.threshold_from,
            **_counts(report),
            "confusion": report.decisions.matrix,
            "figures": _plain(report.values()),
            "intervals": {
                name: [finite(end) for end in interval] for name, interval in report.intervals.items()
            },
        },
        "notes": [CHOSEN_ON_THEMSELVES],
    }
    write_text_atomically(path, json.dumps(said, indent=1, allow_nan=False) + "\n")


def _counts(report: ClassificationReport) -> dict[str, Any]:
    decisions = report.decisions
    return {
        "bona_fide": decisions.bona_fide.total,
        "synthetic": decisions.synthetic.total,
        "groups": report.groups,
    }


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: finite(value) for name, value in values.items()}
