"""`infer pairs`: options and output."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape
from rich.table import Table

from common.formats.pair_category import PairCategory
from common.runtime.as_option import AsOption, Workers
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from common.runtime.worker_processes import start_fork_server
from infer.commands.model_told import tell_model
from infer.commands.options import RESULTS, TEST_PAIRS, AskedThreshold, Images, ModelChoice, Pairs
from infer.output.table_format import TableFormat
from infer.pair_sets.request import PairRequest

if TYPE_CHECKING:
    from common.metrics import CategoryErrors, VerificationReport
    from infer.models.model import FaceModel
    from infer.pairs import Comparison

EXAMPLES = examples(
    "python -m infer pairs data/test_public",
    "python -m infer pairs ~/pairs.csv --model mobilefacenet.pt --threshold 0.35",
    "python -m infer pairs pairs.txt --images ~/lfw --model encoder.onnx",
    "python -m infer pairs cfp_fp.bin --format parquet --out results/cfp",
)


@with_option_groups
def pairs(
    source: Pairs = TEST_PAIRS,
    images: Images = None,
    *,
    wanted: PairRequest,
    model: ModelChoice,
    out: Annotated[Path, AsOption("Folder for scores, rejects, picture and results.")] = RESULTS,
    scores_format: Annotated[
        TableFormat,
        AsOption(
            "Of the scores: csv, parquet, or submission, which is pair_id,similarity alone.", name="format"
        ),
    ] = TableFormat.CSV,
    threshold: AskedThreshold = None,
    workers: Workers = None,
) -> None:
    """Compare pairs of photographs: similarity and verdict, and the error rates where labels are known."""
    if workers != 1:
        start_fork_server("align.crops.aligner")  # its imports go on beside ours
    from infer.claims import synthetic_statement
    from infer.pair_scores import cost_note
    from infer.pair_sets.find import find_pair_set
    from infer.pair_sets.write_list import write_pair_list
    from infer.pairs import compare_pairs

    pair_set = find_pair_set(source, images, wanted)
    print_notes(pair_set.notes)
    loaded = model.load_any(pair_set.aligned)
    tell_model(loaded, pair_set.aligned)
    if note := cost_note(pair_set, loaded):
        console.print(f"[yellow]note:[/] {note}")
    with progress_bar("Comparing") as progress:
        found = compare_pairs(pair_set, loaded, out, threshold, scores_format, workers, progress)
    _print_scores(found)
    _print_threshold(found, loaded)
    console.print(f"[yellow]note:[/] {escape(synthetic_statement(loaded.card.synthetic))}")
    if found.at_eer:
        print_errors(found.at_threshold, found.at_eer)
    elif found.results.has_labels:
        console.print("[yellow]EER unknown[/]: no pair with a label was compared")
    if found.results.has_labels and found.unlabelled:
        console.print(
            f"[yellow]{counted(found.unlabelled, 'pair is', 'pairs are')} not in labels.csv, not counted[/]"
        )
    if pairs_file := write_pair_list(pair_set, out):
        console.print(f"The pairs, as a list that can be given again: {escape(str(pairs_file))}")
    console.print(f"Picture: {escape(str(found.picture_file))}")
    console.print(f"For a page to read: python -m infer report {escape(str(found.results_file))}")


def _print_scores(found: "Comparison") -> None:
    from infer.uncompared import tell_uncompared

    results, missing = found.results, found.uncompared
    pairs = f"{counted(len(results.ids), 'pair')} scored"
    if missing:
        pairs = f"{int(results.compared.sum()):,} of {counted(len(results.ids), 'pair')} compared"
    console.print(f"{pairs} with {escape(f'{results.card.name}: {found.scores_file}')}")
    if missing:
        console.print(
            f"[yellow]{counted(sum(missing.values()), 'pair was', 'pairs were')} not compared[/] "
            f"({tell_uncompared(missing)}), in no figure: {escape(str(found.rejects_file))}"
        )


def _print_threshold(found: "Comparison", model: "FaceModel") -> None:
    from infer.pairs import OF_THESE_PAIRS
    from infer.verify import how_to_get_a_threshold

    results = found.results
    if results.threshold is None:
        console.print(
            f"[yellow]no threshold known[/], so no verdicts; {escape(how_to_get_a_threshold(model))}"
        )
        return
    console.print(f"threshold {results.threshold:.4f} ({escape(results.threshold_source)})")
    for doubt in results.threshold_doubts:
        console.print(f"[yellow]careful:[/] {escape(doubt)}")
    if called := int(results.accepted_called.sum()):
        console.print(
            f"[yellow]careful:[/] {counted(called, 'pair matches', 'pairs match')} though the classifier "
            "calls a photograph synthetic"
        )
    if results.threshold_source == OF_THESE_PAIRS:
        console.print(f"for other pairs {escape(how_to_get_a_threshold(model))}")


def print_errors(at_threshold: "VerificationReport | None", at_eer: "VerificationReport") -> None:
    """Print the error rates of labelled pairs at two thresholds; intervals and TAR are those of `at_eer`."""
    columns = {}
    if at_threshold is not None and at_threshold.threshold != at_eer.threshold:
        columns[f"at threshold {at_threshold.threshold:.4f}"] = at_threshold
    if math.isnan(at_eer.eer):
        console.print("[yellow]EER unknown[/]: it takes genuine and impostor pairs that were compared")
    else:
        _print_rates(at_eer)
        columns[f"at {at_eer.threshold:.4f}, the EER's, chosen on these very pairs"] = at_eer
    if columns:
        _print_table(columns)


def _print_rates(at_eer: "VerificationReport") -> None:
    console.print(
        f"[bold]EER {at_eer.eer:.4f}[/] at threshold {at_eer.threshold:.4f}{_interval(at_eer, 'eer')}"
    )
    for category, eer in at_eer.eer_by_category.items():
        if not math.isnan(eer):
            interval = _interval(at_eer, f"eer_{category.value}")
            console.print(f"EER {eer:.4f} against {category.display_name} pairs alone{interval}")
    for fmr, tar in at_eer.tar_at_fmr.items():
        console.print(f"TAR {tar:.4f} at FMR {fmr:g}{_interval(at_eer, f'tar_at_fmr_{fmr:g}')}")


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
