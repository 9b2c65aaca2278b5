"""`infer export`: a torch model to a checked ONNX file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onnx import ModelProto

from common.runtime.atomic import write_atomically
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.export.check import CROPS, largest_difference, noise_crops
from infer.export.graph import OPSET, graph_of
from infer.export.half import in_half
from infer.export.loss import ScoredTwice
from infer.export.options import ExportOptions, Precision
from infer.export.pair_crops import PairCrops, align_pairs
from infer.export.quantise import calibration_rows, quantise
from infer.export.store import refuse_other_name, store_graph
from infer.models.encoder_model import EncoderModel
from infer.models.model import Model, Threshold, training_facts
from infer.models.onnx_metadata import OnnxMetadata
from infer.models.onnx_model import OnnxModel
from infer.pair_sets.pair_set import PairSet


@dataclass(frozen=True)
class Export:
    """A written file.

    Attributes:
        file: where it is.
        bytes: its length.
        embedding_size: D.
        metadata: what it says of itself.
        difference: the largest, of a number in embeddings, from those of torch.
        threshold_before: the model's own, in [-1, 1], where the stored one was moved to answer to it.
        without_face: images of the pairs that no face was found in.
    """

    file: Path
    bytes: int
    embedding_size: int
    metadata: OnnxMetadata
    difference: float
    threshold_before: float | None
    without_face: int


def export_onnx(
    model: Model,
    out: Path,
    options: ExportOptions,
    pair_set: PairSet | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Export:
    """Write a model to `out`, with its scaling, mirroring and normalisation inside; see `OnnxMetadata`.

    The file is compared with the model before it is put in its place. With pairs, integers are calibrated on
    their crops, the loss in EER is measured where labels are known, and the model's threshold is carried over
    (`ScoredTwice.carry_over`) unless the embeddings are the same anyway.

    Raises UserError when the model is none of torch, `out` is not named *.onnx, integers are asked for
    without pairs, the pairs show no face, or the file is not what it should be; OSError when it cannot be
    written.
    """
    if not isinstance(model, EncoderModel):
        raise UserError(
            f"{model.card.name} is an ONNX file already; name the checkpoint that it was made from"
        )
    refuse_other_name(out)
    if options.precision is Precision.INT8 and model.card.fusion is not None:
        raise UserError("a fused encoder has no int8: its gate hangs on small logits; use fp32 or fp16")
    if options.precision is Precision.INT8 and pair_set is None:
        raise UserError("--precision int8 is calibrated on faces; add --pairs with some hundred photographs")
    with TemporaryDirectory() as name:
        folder = Path(name)
        pairs = align_pairs(pair_set, model, folder / "crops", workers, progress) if pair_set else None
        file = folder / out.name
        graph = _graph(model, options, pairs, folder)
        metadata = _metadata(model, options)
        store_graph(graph, metadata, file)
        crops = pairs.crops[pairs.usable[:CROPS]] if pairs else noise_crops(model.size)
        written = OnnxModel.open(file, out.name, Device.CPU)
        difference = largest_difference(model.encoder, written, options.mirror, crops, options.precision)
        moved_from = None
        if pairs:
            metadata, moved_from = _measured(metadata, options, model, file, pairs)
            store_graph(graph, metadata, file)
        content = file.read_bytes()
        write_atomically(out, lambda temporary: temporary.write_bytes(content))
    return Export(
        out,
        len(content),
        written.card.embedding_size,
        metadata,
        difference,
        moved_from,
        len(pairs.rejected) if pairs else 0,
    )


def _graph(model: EncoderModel, options: ExportOptions, pairs: PairCrops | None, folder: Path) -> ModelProto:
    if options.precision is Precision.FP16:
        return graph_of(in_half(model.encoder), options.mirror)
    graph = graph_of(model.encoder, options.mirror)
    if options.precision is Precision.INT8 and pairs:
        return quantise(graph, pairs.crops[calibration_rows(pairs.usable)], folder)
    return graph


def _metadata(model: EncoderModel, options: ExportOptions) -> OnnxMetadata:
    own = model.threshold
    if options.threshold is not None:
        own = Threshold(options.threshold, "given to the export")
    pixels = model.card.input_format
    return OnnxMetadata(
        size=pixels.size,
        backbone=model.card.backbone,
        backbone_colour=pixels.colour,
        mean=pixels.mean,
        scale=pixels.scale,
        mirror=options.mirror,
        precision=options.precision.value,
        opset=OPSET,
        fusion=model.card.fusion,
        threshold=own and own.value,
        threshold_source=own.source if own else "",
        threshold_doubt=own.doubt if own else "",
        threshold_chosen_on=own.chosen_on if own else "",
        **training_facts(model.card),
    )


def _measured(
    metadata: OnnxMetadata, options: ExportOptions, model: EncoderModel, file: Path, pairs: PairCrops
) -> tuple[OnnxMetadata, float | None]:
    """The metadata with the loss, and a threshold that belongs to the file; and where that one was before."""
    after = OnnxModel.open(file, file.name)
    scored = ScoredTwice(pairs.pair_set, pairs.similarities(model), pairs.similarities(after))
    changed: dict[str, Any] = {"eer_on": scored.loss()}
    same = options.precision is Precision.FP32 and options.mirror
    if same or options.threshold is not None or metadata.threshold is None:
        return metadata.model_copy(update=changed), None
    source = (
        f"{metadata.threshold_source}: {metadata.threshold:.4f}, carried over to this file on the pairs "
        f"{pairs.pair_set.name}"
    )
    changed |= {"threshold": scored.carry_over(metadata.threshold), "threshold_source": source}
    return metadata.model_copy(update=changed), metadata.threshold
