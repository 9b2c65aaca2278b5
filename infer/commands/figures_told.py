"""The figures of a classifier on labelled faces, for people."""

import math
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from common.runtime.command_line import console, printable
from common.runtime.wording import counted

if TYPE_CHECKING:
    from common.metrics import ClassificationReport
    from infer.classification.figures import FaceFigures

HALF, AT_HALF = 0.5, "_at_half"  # the other threshold, and how names of figures at it end
TITLES = {
    "auc": "AUC",
    "eer": "EER",
    "ece": "ECE",
    "apcer": "APCER",
    "bpcer": "BPCER",
    "f1": "F1",
    "macro_f1": "macro F1",
    "brier": "Brier",
}


def tell_figures(figures: "FaceFigures") -> None:
    """Print every figure with its interval, what the band without a verdict catches, and APCER by species."""
    report = figures.report
    bona_fide, synthetic = report.decisions.bona_fide, report.decisions.synthetic
    console.print(
        f"labels are known of {bona_fide.total:,} bona fide and {counted(synthetic.total, 'synthetic face')} "
        f"with a score, in {counted(report.groups, 'group')}"
    )
    if not (bona_fide.total and synthetic.total):
        console.print("[yellow]careful:[/] there is one class only, so that most figures are not defined")
    console.print(_figure_table(report))
    if figures.undecided:
        console.print(
            f"{counted(figures.undecided, 'face is', 'faces are')} undecided, of which "
            f"{figures.undecided_errors:,} would be wrong at the threshold; the figures count them at it"
        )
    if figures.species:
        console.print(_species_table(figures))


def _figure_table(report: "ClassificationReport") -> Table:
    """Each figure with its interval; at 0.5 as well those that depend on a threshold."""
    values = report.values()
    columns = [f"at threshold {report.threshold:.4f}", *(["at 0.5"] if report.threshold != HALF else [])]
    table = Table("figure", *columns)
    for name in values:
        if name.endswith(AT_HALF):
            continue
        half = f"{name}{AT_HALF}"
        cells = [_cell(report, one) if one in values else "" for one in (name, half)[: len(columns)]]
        table.add_row(TITLES.get(name, name.replace("_", " ")), *cells)
    return table


def _species_table(figures: "FaceFigures") -> Table:
    table = Table("species, the worst first", "APCER", "95 % interval", "faces")
    for one in figures.species:
        ends = f"{one.interval.low:.4f} to {one.interval.high:.4f}" if one.interval else ""
        table.add_row(
            escape(printable(one.name or "not told")),
            f"{one.errors.rate:.4f}",
            ends,
            f"{one.errors.errors:,} of {one.errors.total:,}",
        )
    return table


def _cell(report: "ClassificationReport", name: str) -> str:
    value, interval = report.values()[name], report.intervals.get(name)
    if math.isnan(value):
        return "not defined"
    return f"{value:.4f}" + (f"  {interval.low:.4f} to {interval.high:.4f}" if interval else "")
