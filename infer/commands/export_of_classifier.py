"""`infer export` of a classifier: what it reads, and output."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from common.runtime.command_line import console, print_notes, progress_bar
from infer.classification.request import ClassifyRequest
from infer.commands.classifier_told import tell_ensemble, tell_point
from infer.commands.options import ModelChoice, one_classifier
from infer.export.options import ExportOptions

if TYPE_CHECKING:
    from infer.export.classifier import ClassifierExport


def export_of_classifier(
    out: Path,
    model: ModelChoice,
    source: Path | None,
    wanted: ClassifyRequest,
    options: ExportOptions,
    workers: int | None,
) -> None:
    """Write a classifier as ONNX, and print what was written; `source` is what `export_classifier` reads."""
    from common.formats.shard_folder import is_shard_folder
    from infer.classification.source import images_of
    from infer.export.classifier import export_classifier

    stored = source is not None and is_shard_folder(source)
    ensemble = one_classifier(model, stored)
    tell_ensemble(ensemble, stored)
    images = None if source is None else images_of(source, wanted)
    print_notes(images.notes if images else ())
    with progress_bar("Aligning") as progress:
        found = export_classifier(ensemble, out, options, images, workers, progress)
    _tell_file(found)
    _tell_loss(found)
    tell_point(found.metadata.point)
    if found.threshold_before is not None:
        console.print(
            f"there the file calls as many of these faces synthetic as the model at its own, "
            f"{found.threshold_before:.4f}"
        )
    elif options.threshold is None and _changes_scores(found):
        console.print("[yellow]it was chosen for the model before; --faces tell whether it still holds[/]")


def _tell_file(found: "ClassifierExport") -> None:
    said = found.metadata
    mirror = "averaged over the mirror image" if said.mirror else "without the mirror image"
    console.print(
        f"{escape(str(found.file))}: {found.bytes / 1e6:.1f} MB, {escape(said.network)} in "
        f"{said.precision}, opset {said.opset}"
    )
    console.print(
        f"crops (N, 3, {said.size}, {said.size}) uint8 RGB, 0 to 255, to logits (N,) float32, {mirror}; "
        f"P(synthetic) = sigmoid(logit / {said.temperature:.4f})"
    )
    console.print(f"largest difference of a logit from torch {found.difference:.2g}")


def _tell_loss(found: "ClassifierExport") -> None:
    loss = found.metadata.auc_on
    if found.without_face:
        console.print(f"[yellow]{found.without_face:,} images without a usable face were left out[/]")
    if found.shift is not None:
        console.print(f"P(synthetic) of a face differs by up to {found.shift:.4f}")
    if loss is not None:
        calibrated = ", some of which it was calibrated on" if found.metadata.precision == "int8" else ""
        console.print(
            f"[bold]AUC {loss.auc:.4f}[/], of the model before {loss.auc_before:.4f} ({escape(loss.faces)}: "
            f"{loss.bona_fide:,} bona fide, {loss.synthetic:,} synthetic faces{calibrated})"
        )
    elif found.shift is not None:
        console.print("[yellow]the loss in AUC is unknown: the faces need labels of both kinds[/]")
    elif found.metadata.precision != "fp32":
        console.print("[yellow]what it loses is unknown; labelled --faces tell it[/]")


def _changes_scores(found: "ClassifierExport") -> bool:
    return found.metadata.precision != "fp32" or not found.metadata.mirror
