"""`infer pairs`: options and output."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from align.engines.local import start_fork_server
from common.command_line import console, examples, progress_bar
from common.pairs import PairCategory
from infer.commands.model_told import tell_model
from infer.commands.options import (
    CHECKPOINTS,
    RESULTS,
    TEST_PAIRS,
    AskedThreshold,
    ColourOrder,
    Crops,
    DetectorName,
    DetSize,
    Face,
    FollowLinks,
    Images,
    MinFace,
    MinScore,
    ModelName,
    Pairs,
    Workers,
)
from infer.cropping import CropRequest
from infer.table_format import TableFormat

if TYPE_CHECKING:
    from common.metrics import CategoryErrors, VerificationReport

EXAMPLES = examples(
    "python -m infer pairs data/test_public",
    "python -m infer pairs ~/pairs.csv --model mobilefacenet.pt --threshold 0.35",
    "python -m infer pairs pairs.txt --images ~/lfw --model encoder.onnx",
    "python -m infer pairs cfp_fp.bin --format parquet --out results/cfp",
)


def pairs(
    source: Pairs = TEST_PAIRS,
    images: Images = None,
    model: ModelName = None,
    colour: ColourOrder = None,
    detector: DetectorName = None,
    det_size: DetSize = None,
    min_score: MinScore = None,
    min_face: MinFace = None,
    face: Face = None,
    crops: Crops = False,
    follow_links: FollowLinks = False,
    out: Annotated[Path, typer.Option(help="Folder for scores, rejects, picture and results.")] = RESULTS,
    scores_format: Annotated[
        TableFormat,
        typer.Option(
            "--format", help="Of the scores: csv, parquet, or submission, which is pair_id,similarity alone."
        ),
    ] = TableFormat.CSV,
    threshold: AskedThreshold = None,
    workers: Workers = None,
) -> None:
    """Compare pairs of photographs: similarity and verdict, and the error rates where labels are known."""
    if workers != 1:
        start_fork_server("align.aligner")  # its imports go on beside ours
    from infer.compare import compare_pairs
    from infer.models.load import load_model
    from infer.pair_sets.find import find_pair_set

    asked = CropRequest(detector, det_size, min_score, min_face, face, crops)
    pair_set = find_pair_set(source, images)
    loaded = load_model(model, CHECKPOINTS, colour, asked)
    tell_model(loaded)
    with progress_bar("Comparing") as progress:
        found = compare_pairs(pair_set, loaded, out, threshold, scores_format, workers, progress)
    results = found.results
    console.print(
        f"{len(results.ids):,} pairs scored with {escape(f'{loaded.card.name}: {found.scores_file}')}"
    )
    console.print(f"threshold {results.threshold:.4f} ({escape(results.threshold_source)})")
    if found.without_face:
        console.print(
            f"[yellow]{found.without_face:,} pairs without two usable faces[/] (similarity -1, verdict "
            f"no_face): {escape(str(found.rejects_file))}"
        )
    if found.at_threshold and found.at_eer:
        print_errors(found.at_threshold, found.at_eer)
    if results.has_labels and found.unlabelled:
        console.print(f"[yellow]{found.unlabelled:,} pairs are not in labels.csv and were not counted[/]")
    console.print(f"Picture: {escape(str(found.picture_file))}")
    console.print(f"For a page to read: python -m infer report {escape(str(found.results_file))}")


def print_errors(at_threshold: "VerificationReport", at_eer: "VerificationReport") -> None:
    """Print the error rates of labelled pairs at two thresholds; intervals and TAR are those of `at_eer`."""
    if math.isnan(at_eer.eer):
        console.print("[yellow]EER unknown[/]: it takes genuine and impostor pairs")
        _print_table({f"at threshold {at_threshold.threshold:.4f}": at_threshold})
        return
    console.print(
        f"[bold]EER {at_eer.eer:.4f}[/] at threshold {at_eer.threshold:.4f}{_interval(at_eer, 'eer')}"
    )
    for category, eer in at_eer.eer_by_category.items():
        if not math.isnan(eer):
            interval = _interval(at_eer, f"eer_{category.value}")
            console.print(f"EER {eer:.4f} against {category.display_name} pairs alone{interval}")
    for fmr, tar in at_eer.tar_at_fmr.items():
        console.print(f"TAR {tar:.4f} at FMR {fmr:g}{_interval(at_eer, f'tar_at_fmr_{fmr:g}')}")
    _print_table(
        {
            f"at threshold {at_threshold.threshold:.4f}": at_threshold,
            f"at EER threshold {at_eer.threshold:.4f}": at_eer,
        }
    )


def _print_table(reports: "dict[str, VerificationReport]") -> None:
    table = Table("errors", *reports)
    for category in PairCategory:
        errors = [_errors(report.by_category[category]) for report in reports.values()]
        table.add_row(category.display_name, *errors)
    table.add_row("accuracy", *[f"{report.accuracy:.4f}" for report in reports.values()])
    console.print(table)


def _interval(report: "VerificationReport", name: str) -> str:
    found = report.intervals.get(name)
    return f", 95 % interval {found.low:.4f} to {found.high:.4f}" if found else ""


def _errors(found: "CategoryErrors") -> str:
    return f"{found.errors} of {found.total}  {found.rate:.1%}" if found.total else "no pairs"
