"""The figures of a classifier's validation, and how they are shown."""

from collections.abc import Sequence

from common.metrics import ClassificationReport
from common.metrics.figures import Figures, Ranking
from common.models.classifier_checkpoint import OperatingPoint
from train.display import Curve, Panel, figure_column, interval_column, percent_column

AUC = Ranking("auc", "AUC", mark="auc", better="higher")
F1 = Ranking("f1", "F1", mark="f1_", better="higher")  # at the threshold
COLUMNS = (
    figure_column("AUC", 8, "auc"),
    interval_column("auc"),
    figure_column("F1", 8, "f1"),
    percent_column("EER", 8, "eer"),
    percent_column("APCER", 8, "apcer"),
    percent_column("BPCER", 8, "bpcer"),
    figure_column("ECE", 8, "ece"),
)
AUC_PANEL = Panel(
    "Area under the ROC curve, validation",
    "AUC",
    (Curve("auc", "AUC", best=AUC.better),),
)
F1_PANEL = Panel(
    "F1 at the threshold, validation", "F1", (Curve("f1", "F1", best=F1.better, told=True, colour="#2e8b57"),)
)
ERROR_PANEL = Panel(
    "Wrong verdicts at the threshold",
    "crops of a class (%)",
    (
        Curve("apcer", "synthetic taken for bona fide (APCER)", colour="#c8382f"),
        Curve("bpcer", "bona fide taken for synthetic (BPCER)", colour="#2e8b57"),
    ),
    scale=100,
    unit=" %",
    from_zero=True,
)


def panels(several: bool) -> Sequence[Panel]:
    """AUC, F1, then APCER and BPCER; of several runs, each of the latter in a panel of its own."""
    if not several:
        return AUC_PANEL, F1_PANEL, ERROR_PANEL
    apart = [
        Panel(curve.label.capitalize(), "crops (%)", (curve,), 100, " %", True)
        for curve in ERROR_PANEL.curves
    ]
    return AUC_PANEL, F1_PANEL, *apart


def figures_of(report: ClassificationReport, point: OperatingPoint, ece_before: float) -> Figures:
    """The figures of a report at an operating point; `ece_before` is that of a temperature of 1."""
    low, high = point.undecided
    values = report.values() | {
        "threshold": point.threshold,
        "temperature": point.temperature,
        "ece_before": ece_before,
        "undecided/low": low,
        "undecided/high": high,
    }
    return Figures(AUC, values, report.intervals)


def point_of(figures: Figures, threshold_from: str) -> OperatingPoint:
    """The operating point among the figures of a validation."""
    values = figures.values
    return OperatingPoint(
        temperature=values["temperature"],
        threshold=values["threshold"],
        threshold_from=threshold_from,
        undecided=(values["undecided/low"], values["undecided/high"]),
    )
