"""`infer threshold`: options and output."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.formats.pair_category import PairCategory
from common.runtime.as_option import AsOption, Panel, Workers
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.errors import ParameterError, UserError
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from infer.commands.faces_read import FACES_AS_FOUND, FacesRead
from infer.commands.model_told import tell_model
from infer.commands.options import RESULTS, TEST_PAIRS, Images, ModelChoice
from infer.commands.threshold_of_classifier import RESULTS_SUFFIX, choose_for_classifier
from infer.pair_sets.request import PairRequest

if TYPE_CHECKING:
    from common.metrics import CategoryErrors
    from infer.threshold import ChosenPoint

EXAMPLES = examples(
    "python -m infer threshold data/test_public --fmr 1e-2",
    "python -m infer threshold PEOPLE --fmr 1e-3 --model mobilefacenet.pt",
    "python -m infer threshold pairs.txt --images ~/lfw --fmr 1e-3 --model encoder.onnx",
    "python -m infer threshold cfp_fp.bin --fmr 1e-3 --model mobilefacenet.pt",
    "python -m infer threshold REAL_FAKE --bpcer 0.01 --model classifier.safetensors",
)


Labelled = Annotated[
    Path,
    typer.Argument(
        help="For an encoder pairs, as 'infer pairs' takes them; for a classifier a folder of photographs in "
        "any layout of 'align run' with labels, a CSV that lists them, a folder of shards, or the NAME.h5 of "
        "'infer classify'.",
    ),
]


@with_option_groups
def threshold(
    source: Labelled = TEST_PAIRS,
    fmr: Annotated[
        float | None,
        AsOption(
            "Of an encoder: share of the impostor pairs, synthetic ones included, that may be accepted."
        ),
    ] = None,
    bpcer: Annotated[
        float | None, AsOption("Of a classifier: share of the bona fide faces that may be called synthetic.")
    ] = None,
    apcer: Annotated[
        float | None, AsOption("Of a classifier: share of the synthetic faces that may be called bona fide.")
    ] = None,
    images: Images = None,
    *,
    wanted: PairRequest,
    model: ModelChoice,
    faces: Annotated[FacesRead, Panel("Labelled photographs for a classifier")] = FACES_AS_FOUND,
    workers: Workers = None,
) -> None:
    """Choose the threshold for an error rate on labelled data, and store it beside the model for later.

    Of an encoder for an FMR on pairs, of a classifier for a BPCER or an APCER on photographs or shards that
    are labelled bona fide and synthetic. Commands with this model use it from then on.
    """
    from infer.threshold_of_classifier import asked_rate

    rate = asked_rate(bpcer, apcer)
    if rate is not None:
        if fmr is not None:
            raise ParameterError(
                "{fmr} is of encoders, {bpcer} and {apcer} are of classifiers; give the one for your model"
            )
        if images is not None:
            raise ParameterError("{images} is about pairs, which a classifier has none of; leave it out")
        choose_for_classifier(source, *rate, model, faces.request(wanted), workers)
        return
    if fmr is None:
        raise ParameterError("name the rate: {fmr} for an encoder, {bpcer} or {apcer} for a classifier")
    if source.suffix.lower() == RESULTS_SUFFIX and source.is_file():
        raise UserError(
            f"{source} is a file of results; the threshold of an encoder takes the pairs themselves"
        )
    if faces != FACES_AS_FOUND:
        raise ParameterError("{layout} and {positive} are about faces for a classifier, {fmr} is about pairs")
    _choose_for_encoder(source, images, fmr, wanted, model, workers)


def _choose_for_encoder(
    source: Path,
    images: Path | None,
    fmr: float,
    wanted: PairRequest,
    model: ModelChoice,
    workers: int | None,
) -> None:
    from infer.models.notes import HIGHEST_FNMR, note_operating_point, read_notes
    from infer.pair_sets.find import find_pair_set
    from infer.pair_sets.write_list import write_pair_list
    from infer.threshold import choose_operating_point

    pair_set = find_pair_set(source, images, wanted)
    print_notes(pair_set.notes)
    loaded = model.load_any(pair_set.aligned)
    if loaded.file is None:
        raise UserError(
            f"{loaded.card.name} has no file that a threshold could be stored beside; name a model's file"
        )
    tell_model(loaded, pair_set.aligned)
    with progress_bar("Comparing") as progress:
        found = choose_operating_point(pair_set, loaded, fmr, workers, progress)
    print_point(found)
    unlabelled = int((pair_set.categories < 0).sum())
    if unlabelled:
        console.print(f"[yellow]{counted(unlabelled, 'pair has', 'pairs have')} no label, not counted[/]")
    if pairs_file := write_pair_list(pair_set, RESULTS):
        console.print(f"the pairs, as a list that can be given again: {escape(str(pairs_file))}")
    point = found.noted(pair_set).model_copy(update={"crops": loaded.crops})
    if point.doubts():
        told = f"{point.doubts()}; every verdict with it will say so"
        console.print(f"[yellow]careful:[/] it is not to be relied on: {told}")
    if point.fnmr > HIGHEST_FNMR and found.errors[PairCategory.SYNTHETIC].errors:
        console.print(
            "synthetic pairs that score as genuine ones do push it up; choose it on bona fide photographs "
            "alone, or take a model that tells them"
        )
    earlier = read_notes(loaded.file, loaded.sha256).operating_point
    stored = note_operating_point(loaded.file, point, loaded.sha256)
    if earlier is not None and earlier.threshold != point.threshold:
        before = f"{earlier.threshold:.4f}, chosen for FMR {earlier.fmr_asked:g} on {earlier.pairs}"
        console.print(f"[yellow]note:[/] it takes the place of {escape(before)}")
    console.print(f"stored in {escape(str(stored))}: commands with this model use it from now on")


def print_point(found: "ChosenPoint") -> None:
    """Print a threshold, so that the very number can be given to `--threshold`, and its error rates."""
    console.print(f"[bold]threshold {found.threshold!r}[/] for FMR {found.fmr_asked:g}")
    table = Table("at this threshold", "rate", "pairs", "95 % interval")
    synthetic = found.errors[PairCategory.SYNTHETIC]
    strangers = found.errors[PairCategory.DIFFERENT_PERSON]
    _add_row(table, "FMR: impostor pairs accepted", found.impostors)
    _add_row(table, "  different-person pairs accepted", strangers)
    _add_row(table, "  synthetic pairs accepted", synthetic)
    _add_row(table, "FNMR: genuine pairs rejected", found.genuine)
    console.print(table)
    console.print("these rates are of the pairs that it was chosen on; count them on others too")
    if found.impostors_to_trust is not None:
        console.print(
            f"[yellow]{found.impostors.total:,} impostor pairs are few for this FMR[/]: take "
            f"{found.impostors_to_trust:,} or more to trust it (rule of three)"
        )
    if found.uncompared:
        from infer.uncompared import tell_uncompared

        console.print(
            f"[yellow]{counted(sum(found.uncompared.values()), 'pair was', 'pairs were')} not compared[/], "
            f"in no rate: {tell_uncompared(found.uncompared)}"
        )


def _add_row(table: Table, name: str, found: "CategoryErrors") -> None:
    from infer.threshold import exact_interval

    if not found.total:
        table.add_row(name, "no pairs", "", "")
        return
    low, high = exact_interval(found)
    pairs = f"{found.errors:,} of {found.total:,}"
    table.add_row(name, f"{found.rate:.6f}", pairs, f"{low:.6f} to {high:.6f}")
