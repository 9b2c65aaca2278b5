"""`infer export`: options and output."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from common.runtime.as_option import AsOption, Panel, Workers
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.errors import ParameterError, UserError
from common.runtime.option_groups import with_option_groups
from infer.commands.export_of_classifier import export_of_classifier
from infer.commands.faces_read import FACES_AS_FOUND, FacesRead
from infer.commands.model_told import tell_model
from infer.commands.options import Images, ModelChoice
from infer.export.options import ExportOptions
from infer.pair_sets.request import PairRequest

if TYPE_CHECKING:
    from infer.export.export import Export

EXAMPLES = examples(
    "python -m infer export --out encoder.onnx",
    "python -m infer export --model mobilefacenet.pt --threshold 0.35 --out mobilefacenet.onnx",
    "python -m infer export --precision fp16 --pairs data/test_public --out half.onnx",
    "python -m infer export --precision int8 --pairs pairs.txt --images ~/lfw --out small.onnx",
    "python -m infer export --model classifier.safetensors --out classifier.onnx",
    "python -m infer export --model classifier.safetensors --precision int8 --faces SHARDS --out small.onnx",
)


class ExportFormat(StrEnum):
    """What a model can become."""

    ONNX = "onnx"


@with_option_groups
def export(
    out: Annotated[Path, typer.Option(help="The file, *.onnx.", show_default=False)],
    *,
    model: ModelChoice,
    export_format: Annotated[ExportFormat, AsOption("Of the file.", name="format")] = ExportFormat.ONNX,
    pairs: Annotated[
        Path | None,
        AsOption(
            "Pairs as 'infer pairs' takes them: calibrates int8, and where they have labels tells what the "
            "file loses."
        ),
    ] = None,
    images: Images = None,
    faces: Annotated[
        Path | None,
        AsOption(
            "For a classifier, in the place of --pairs: photographs or shards as 'infer classify' takes them."
        ),
    ] = None,
    wanted: PairRequest,
    read: Annotated[FacesRead, Panel("Labelled photographs for a classifier")] = FACES_AS_FOUND,
    options: ExportOptions,
    workers: Workers = None,
) -> None:
    """Write a model as one ONNX file that takes pixels: an encoder gives embeddings, a classifier logits."""
    from infer.models.open_classifier import is_classifier

    if faces is not None or (model.name is not None and is_classifier(Path(model.name))):
        if pairs is not None or images is not None:
            raise ParameterError("{pairs} and {images} are of encoders; for a classifier add {faces}")
        export_of_classifier(out, model, faces, read.request(wanted), options, workers)
        return
    if read != FACES_AS_FOUND:
        raise ParameterError("{layout} and {positive} are about the faces for a classifier; leave them out")
    _export_encoder(out, model, pairs, images, wanted, options, workers)


def _export_encoder(
    out: Path,
    model: ModelChoice,
    pairs: Path | None,
    images: Path | None,
    wanted: PairRequest,
    options: ExportOptions,
    workers: int | None,
) -> None:
    from infer.claims import synthetic_statement
    from infer.export.export import export_onnx
    from infer.pair_sets.find import find_pair_set

    if images is not None and pairs is None:
        raise UserError("--images is where the photographs of --pairs lie; add --pairs, or leave it out")
    pair_set = find_pair_set(pairs, images, wanted) if pairs else None
    print_notes(pair_set.notes if pair_set else ())
    loaded = model.load()
    tell_model(loaded)
    with progress_bar("Aligning") as progress:
        found = export_onnx(loaded, out, options, pair_set, workers, progress)
    _tell_file(found)
    _tell_loss(found, pairs is not None)
    _tell_threshold(found)
    if found.metadata.threshold_doubt:
        console.print(
            f"[yellow]careful:[/] it is not to be relied on: {escape(found.metadata.threshold_doubt)}"
        )
    console.print(f"[yellow]note:[/] {escape(synthetic_statement(found.metadata.synthetic))}")


def _tell_file(found: "Export") -> None:
    said = found.metadata
    mirror = "averaged over the mirror image" if said.mirror else "without the mirror image"
    console.print(
        f"{escape(str(found.file))}: {found.bytes / 1e6:.1f} MB, {escape(said.backbone)} in "
        f"{said.precision}, opset {said.opset}"
    )
    console.print(
        f"crops (N, 3, {said.size}, {said.size}) uint8 RGB, 0 to 255, to embedding "
        f"(N, {found.embedding_size}) float32 of unit length, {mirror}"
    )
    console.print(f"largest difference from torch {found.difference:.2g}")


def _tell_loss(found: "Export", with_pairs: bool) -> None:
    said, loss = found.metadata, found.metadata.eer_on
    if found.without_face:
        console.print(f"[yellow]{found.without_face:,} photographs without a usable face were left out[/]")
    if loss is None and with_pairs:
        console.print("[yellow]the loss in EER is unknown: the pairs need labels of both kinds[/]")
    elif loss is None and said.precision != "fp32":
        console.print("[yellow]the loss in EER is unknown; labelled --pairs tell it[/]")
    elif loss is not None:
        calibrated = ", some of which it was calibrated on" if said.precision == "int8" else ""
        console.print(
            f"[bold]EER {loss.eer:.4f}[/] at threshold {loss.threshold:.4f}, of the model before "
            f"{loss.eer_before:.4f} at {loss.threshold_before:.4f} ({escape(loss.pairs)}: {loss.genuine:,} "
            f"genuine, {loss.impostors:,} impostor pairs{calibrated})"
        )


def _tell_threshold(found: "Export") -> None:
    said, before = found.metadata, found.threshold_before
    if said.threshold is None:
        console.print(
            "no threshold is stored: the model has none; add --threshold, or choose one for this file with "
            "'python -m infer threshold'"
        )
    elif before is not None:
        console.print(
            f"threshold {said.threshold:.4f}, where the file accepts as many of these pairs as the model "
            f"does at its own, {before:.4f}"
        )
    else:
        console.print(f"threshold {said.threshold:.4f} ({escape(said.threshold_source)})")
    if said.threshold is not None and before is None and _changes_similarities(found) and said.eer_on is None:
        console.print("[yellow]it was chosen for the model before; --pairs tell whether it still holds[/]")


def _changes_similarities(found: "Export") -> bool:
    return found.metadata.precision != "fp32" or not found.metadata.mirror
