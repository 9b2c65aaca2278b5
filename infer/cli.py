"""Options and output of `python -m infer`."""

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.command_line import console, examples, new_app, progress_bar, run_app
from common.metrics import CategoryErrors, VerificationReport
from common.pairs import PairCategory

TEST_PAIRS = Path("data/test_public")
RESULTS = Path("results")
CHECKPOINTS = Path("training_logs/checkpoints")

app = new_app("Use: are two photographs bona fide and of the same person?")


def main() -> None:
    """Entry point of `python -m infer`."""
    run_app(app)


@app.callback()
def group() -> None:
    """Use: are two photographs bona fide and of the same person?"""


@app.command(
    epilog=examples(
        "python -m infer pairs data/test_public",
        "python -m infer pairs ~/pairs --model mobilefacenet.pt --threshold 0.35",
        "python -m infer pairs data/test_public --model random:ir_lite --out results/untrained",
    )
)
def pairs(
    root: Annotated[
        Path,
        typer.Argument(
            help="Folder of pairs, PAIR_ID/0.jpg and PAIR_ID/1.jpg; with labels.csv "
            "beside them the errors are counted. Or a CSV: path1,path2,label\\[,synthetic1,synthetic2]."
        ),
    ] = TEST_PAIRS,
    model: Annotated[
        str | None,
        typer.Option(
            help="Checkpoint, plain state_dict, or random:BACKBONE. "
            "\\[default: the best of training_logs/checkpoints]"
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for scores, rejects and picture.")] = RESULTS,
    threshold: Annotated[
        float | None,
        typer.Option(min=-1, max=1, help="Accept similarities from here on. \\[default: the model's own]"),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
) -> None:
    """Compare pairs of photographs: similarity and verdict, and the error rates where labels are known."""
    from infer.compare import compare_pairs
    from infer.model import load_model

    loaded = load_model(model, CHECKPOINTS)
    with progress_bar("Comparing") as progress:
        found = compare_pairs(root, loaded, out, threshold, workers, progress)
    console.print(f"{len(found.scored):,} pairs scored with {escape(f'{loaded.name}: {found.scores_file}')}")
    console.print(f"threshold {found.threshold:.4f} ({found.threshold_source})")
    if found.without_face:
        console.print(
            f"[yellow]{found.without_face:,} pairs without two usable faces[/] (similarity -1, verdict "
            f"no_face): {escape(str(found.rejects_file))}"
        )
    if found.at_threshold and found.at_eer:
        print_errors(found.at_threshold, found.at_eer)
    if found.has_labels and found.unlabelled:
        console.print(f"[yellow]{found.unlabelled:,} pairs are not in labels.csv and were not counted[/]")
    console.print(f"Picture: {escape(str(found.picture_file))}")


def print_errors(at_threshold: VerificationReport, at_eer: VerificationReport) -> None:
    """Print the error rates of labelled pairs at two thresholds; intervals and TAR are those of `at_eer`."""
    console.print(
        f"[bold]EER {at_eer.eer:.4f}[/] at threshold {at_eer.threshold:.4f}{_interval(at_eer, 'eer')}"
    )
    for category, eer in at_eer.eer_by_category.items():
        if not math.isnan(eer):
            interval = _interval(at_eer, f"eer_{category.value}")
            console.print(f"EER {eer:.4f} against {category.display_name} pairs alone{interval}")
    for fmr, tar in at_eer.tar_at_fmr.items():
        console.print(f"TAR {tar:.4f} at FMR {fmr:g}{_interval(at_eer, f'tar_at_fmr_{fmr:g}')}")
    table = Table(
        "errors", f"at threshold {at_threshold.threshold:.4f}", f"at EER threshold {at_eer.threshold:.4f}"
    )
    for category in PairCategory:
        table.add_row(
            category.display_name,
            _errors(at_threshold.by_category[category]),
            _errors(at_eer.by_category[category]),
        )
    table.add_row("accuracy", f"{at_threshold.accuracy:.4f}", f"{at_eer.accuracy:.4f}")
    console.print(table)


def _interval(report: VerificationReport, name: str) -> str:
    found = report.intervals.get(name)
    return f", 95 % interval {found.low:.4f} to {found.high:.4f}" if found else ""


def _errors(found: CategoryErrors) -> str:
    return f"{found.errors} of {found.total}  {found.rate:.1%}" if found.total else "no pairs"
