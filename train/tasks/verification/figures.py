"""The error rates of verification as the figures of a task, and how they are shown."""

from collections.abc import Sequence
from typing import Any

from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport
from common.metrics.figures import Figures
from common.models.checkpoint import EER
from train.display import Curve, Panel, figure_column, interval_column, percent_column

CATEGORY_COLOURS = dict(zip(PairCategory, ("#2e8b57", "#3b6fb6", "#c8382f"), strict=True))
COLUMNS = (
    figure_column("EER", 8, "eer"),
    interval_column("eer"),
    figure_column("hard EER", 10, "hard_eer"),
    figure_column("accuracy", 10, "accuracy"),
    *(
        percent_column(category.display_name, len(category.display_name) + 2, f"error_rate/{category.value}")
        for category in PairCategory
    ),
)
EER_PANEL = Panel(
    "Equal error rate on the validation pairs",
    "EER (%)",
    (Curve("eer", "EER", best=EER.better), Curve("hard_eer", "hard pairs", dashed=True)),
    scale=100,
    unit=" %",
)


def _wrong_verdicts(category: PairCategory) -> Curve:
    verdict = "rejected" if category.is_genuine else "accepted"
    label = f"{category.display_name} {verdict}"
    return Curve(f"errors/{category.value}/rate", label, colour=CATEGORY_COLOURS[category])


ERROR_PANEL = Panel(
    "Wrong verdicts at the threshold of the EER",
    "pairs of a category (%)",
    tuple(map(_wrong_verdicts, PairCategory)),
    scale=100,
    unit=" %",
    from_zero=True,
)


def panels(several: bool) -> Sequence[Panel]:
    """The EER and the wrong verdicts by category; of several runs, each category in a panel of its own."""
    if not several:
        return EER_PANEL, ERROR_PANEL
    apart = [
        Panel(
            f"{curve.label.capitalize()}, at the threshold of the EER", "pairs (%)", (curve,), 100, " %", True
        )
        for curve in ERROR_PANEL.curves
    ]
    return EER_PANEL, *apart


def figures_of(report: VerificationReport) -> Figures:
    """The figures of a report: under the names that trackers know, and as the history has always had them."""
    found = report.identification
    intervals = {**report.intervals, **(found.intervals if found else {})}
    values = {
        "eer": report.eer,
        "hard_eer": report.hard_eer,
        "accuracy": report.accuracy,
        "threshold": report.threshold,
        **{f"error_rate/{category.value}": found.rate for category, found in report.by_category.items()},
        **{f"eer/{category.value}": eer for category, eer in report.eer_by_category.items()},
        **{f"tar_at_fmr/{fmr:g}": tar for fmr, tar in report.tar_at_fmr.items()},
        **_identified(report),
    }
    details = {
        "accuracy": report.accuracy,
        "eer": report.eer,
        "hard_eer": report.hard_eer,
        "threshold": report.threshold,
        "eer_by_category": {category.value: eer for category, eer in report.eer_by_category.items()},
        "tar_at_fmr": {f"{fmr:g}": tar for fmr, tar in report.tar_at_fmr.items()},
        "intervals": intervals,
        "errors": {
            category.value: {"errors": found.errors, "total": found.total, "rate": found.rate}
            for category, found in report.by_category.items()
        },
        **_identification(report),
    }
    return Figures(EER, values, intervals, details)


def _identified(report: VerificationReport) -> dict[str, float]:
    """The figures of identification by name: of bona fide crops, and rank 1 of synthetic ones."""
    found, forged = report.identification, report.identification_of_synthetic
    if found is None or forged is None:
        return {}
    cmc = {f"cmc/{rank}": share for rank, share in found.cmc.items()}
    return {**cmc, "map_at_10": found.map_at_10, "cmc_synthetic/1": forged.cmc[1]}


def _identification(report: VerificationReport) -> dict[str, Any]:
    """The same as the history has them, and on how many crops they rest."""
    found, forged = report.identification, report.identification_of_synthetic
    if found is None or forged is None:
        return {}
    return {
        "cmc": {str(rank): share for rank, share in found.cmc.items()},
        "map_at_10": found.map_at_10,
        "cmc_synthetic": {"1": forged.cmc[1]},
        "probes": {"bona_fide": found.probes, "synthetic": forged.probes},
    }
