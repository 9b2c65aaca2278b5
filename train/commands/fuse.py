"""`train fuse`: options and output."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.formats.pair_category import PairCategory
from common.runtime.as_option import AsOption
from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.option_groups import with_option_groups
from train.fusion.request import FuseRequest
from train.run_config import TRAINING_LOGS

if TYPE_CHECKING:
    from common.metrics import VerificationReport
    from train.fusion.run import Fused

EXAMPLES = examples(
    "python -m train fuse --recogniser mobilefacenet.pt --classifier classifier.safetensors",
    "python -m train fuse --recogniser adaface-ir101-webface12m --classifier classifier.safetensors "
    "--data datasets/wide",
    "python -m infer verify a.jpg b.jpg --model training_logs/fused.safetensors",
)


@with_option_groups
def fuse(
    *,
    recogniser: Annotated[
        str,
        typer.Option(help="Who: checkpoint or published weights, as of 'train run'.", show_default=False),
    ],
    classifier: Annotated[
        Path,
        typer.Option(
            help="Whether bona fide: checkpoint of 'train classifier', of arcface or loose crops.",
            show_default=False,
        ),
    ],
    asked: FuseRequest,
    out: Annotated[Path, AsOption("The file of the fused encoder.")] = TRAINING_LOGS / "fused.safetensors",
) -> None:
    """Make one encoder of a recogniser and a classifier of synthetic faces: one embedding, one threshold."""
    from train.fusion.run import fuse as run

    with progress_bar("Judging", "crops") as progress:
        found = run(recogniser, classifier, out, asked, progress)
    _tell(found)
    print_notes(found.notes)
    where = escape(printable(str(out)))
    console.print(f"Written: {where}")
    console.print(f"Next: python -m infer pairs PAIRS --model {where}")


def _tell(found: "Fused") -> None:
    info, fusion = found.info, found.info.fusion
    console.print(
        f"{escape(info.backbone)} behind {escape(info.network)}; crops of {info.crops.size} pixels, template "
        f"{escape(info.crops.template)}"
    )
    threshold = "not known" if info.threshold is None else f"{info.threshold:.4f} ({info.threshold_from})"
    console.print(f"γ {fusion.gamma:g}, temperature {fusion.temperature:.3g}, threshold {escape(threshold)}")
    if found.chosen is not None:
        _tell_errors(found.chosen.before, found.chosen.after)


def _tell_errors(before: "VerificationReport", after: "VerificationReport") -> None:
    table = Table("EER of people held out", "recogniser alone", "fused")
    table.add_row("overall", f"{before.eer:.4f}", f"{after.eer:.4f}")
    for category in (PairCategory.DIFFERENT_PERSON, PairCategory.SYNTHETIC):
        rates = [f"{report.eer_by_category[category]:.4f}" for report in (before, after)]
        table.add_row(f"against {category.display_name}", *rates)
    console.print(table)
    if (interval := after.intervals.get("eer")) is not None:
        console.print(f"95 % interval of the fused EER {interval.low:.4f} to {interval.high:.4f}")
