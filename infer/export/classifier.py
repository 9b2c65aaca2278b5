"""`infer export` of a classifier: a torch model to a checked ONNX file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

from common.metrics.classification import evaluate_classification
from common.runtime.atomic import write_atomically
from common.runtime.device import Device
from common.runtime.errors import ParameterError, UserError
from infer.classification.ensemble import Ensemble
from infer.classification.source import UNLABELLED, ImagesToClassify
from infer.export.check import CROPS, largest_logit_difference, noise_crops
from infer.export.face_crops import FaceCrops, crops_of_faces
from infer.export.graph import OPSET, graph_of_classifier
from infer.export.half import classifier_in_half
from infer.export.loss import carried_over
from infer.export.options import ExportOptions, Precision
from infer.export.quantise import calibration_rows, quantise
from infer.export.store import refuse_other_name, store_graph
from infer.models.classifier_model import TorchClassifier
from infer.models.onnx_classifier import OnnxClassifier
from infer.models.onnx_classifier_metadata import (
    MeasuredClassifierLoss,
    OnnxClassifierMetadata,
    metadata_of,
)


@dataclass(frozen=True)
class ClassifierExport:
    """A written file.

    Attributes:
        file: where it is.
        bytes: its length.
        metadata: what it says of itself.
        difference: the largest, of a logit, from those of torch.
        shift: the largest difference of P(synthetic) of a face from the model's; None without faces.
        threshold_before: the model's own, where the stored one was moved to answer to it.
        without_face: images of the faces' source that no face was found in.
    """

    file: Path
    bytes: int
    metadata: OnnxClassifierMetadata
    difference: float
    shift: float | None
    threshold_before: float | None
    without_face: int


def export_classifier(
    ensemble: Ensemble,
    out: Path,
    options: ExportOptions,
    images: ImagesToClassify | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ClassifierExport:
    """Write the one classifier of an ensemble to `out`; see `OnnxClassifierMetadata`.

    The file is compared with the model before it is put in its place. With images, integers are calibrated on
    their faces, the loss in AUC is measured where labels are known, and threshold and undecided band are
    carried over (`carried_over`) unless the scores are the same anyway.

    Raises UserError when the model is none of torch or has a head over time, `out` is not named *.onnx,
    integers are asked for without images, these show no face, or the file is not what it should be; OSError
    when it cannot be written.
    """
    (member,) = ensemble.members
    model = member.model
    if not isinstance(model, TorchClassifier):
        raise UserError(f"{model.file} is an ONNX file already; name the checkpoint that it was made from")
    if model.info.temporal.is_learnt:
        raise UserError(
            f"{model.file} has a head over time ({model.info.temporal}), which an ONNX file of single crops "
            "cannot hold; name a classifier of frames"
        )
    refuse_other_name(out)
    if options.precision is Precision.INT8 and images is None:
        raise ParameterError(
            "{precision} int8 is calibrated on faces; add {faces} with some hundred photographs or crops"
        )
    with TemporaryDirectory() as name:
        folder = Path(name)
        faces = crops_of_faces(images, ensemble, folder / "crops", workers, progress) if images else None
        file = folder / out.name
        graph = _graph(model, options, faces, folder)
        metadata = _metadata(model, options)
        store_graph(graph, metadata, file)
        crops = faces.crops[faces.usable[:CROPS]] if faces else noise_crops(model.size)
        written = OnnxClassifier.open(file, Device.CPU)
        difference = largest_logit_difference(
            model.classifier, written, options.mirror, crops, options.precision
        )
        shift = moved_from = None
        if faces:
            before, after = faces.probabilities(model), faces.probabilities(written)
            shift = float(np.abs(after - before).max())
            metadata, moved_from = _measured(metadata, options, faces, before, after)
            store_graph(graph, metadata, file)
        content = file.read_bytes()
        write_atomically(out, lambda temporary: temporary.write_bytes(content))
    without = faces.without_face if faces else 0
    return ClassifierExport(out, len(content), metadata, difference, shift, moved_from, without)


def _graph(
    model: TorchClassifier, options: ExportOptions, faces: FaceCrops | None, folder: Path
) -> ModelProto:
    if options.precision is Precision.FP16:
        return graph_of_classifier(classifier_in_half(model.classifier), options.mirror)
    graph = graph_of_classifier(model.classifier, options.mirror)
    if options.precision is Precision.INT8 and faces:
        return quantise(graph, faces.crops[calibration_rows(faces.usable)], folder)
    return graph


def _metadata(model: TorchClassifier, options: ExportOptions) -> OnnxClassifierMetadata:
    metadata = metadata_of(model.info, options.mirror, options.precision.value, OPSET)
    if options.threshold is None:
        return metadata
    if options.threshold < 0:
        raise ParameterError("{threshold} must be from 0 to 1 for a classifier, not {}", options.threshold)
    at = options.threshold
    given = {"threshold": at, "threshold_source": "given to the export", "undecided": (at, at)}
    return metadata.model_copy(update=given)


def _measured(
    metadata: OnnxClassifierMetadata,
    options: ExportOptions,
    faces: FaceCrops,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> tuple[OnnxClassifierMetadata, float | None]:
    """The metadata with the loss, and a threshold that belongs to the file; and where that one was before."""
    changed: dict[str, Any] = {"auc_on": _loss(faces, before, after)}
    same = options.precision is Precision.FP32 and options.mirror
    if same or options.threshold is not None:
        return metadata.model_copy(update=changed), None
    at, low, high = (
        carried_over(value, before, after, 0.0, 1.0) for value in (metadata.threshold, *metadata.undecided)
    )
    source = (
        f"{metadata.threshold_source}: {metadata.threshold:.4f}, carried over to this file on the faces of "
        f"{faces.name}"
    )
    changed |= {"threshold": at, "undecided": (low, high), "threshold_source": source}
    return metadata.model_copy(update=changed), metadata.threshold


def _loss(
    faces: FaceCrops, before: NDArray[np.float64], after: NDArray[np.float64]
) -> MeasuredClassifierLoss | None:
    """The AUCs of labelled faces; None without such of both classes."""
    labels = faces.labels[faces.usable]
    known = labels != UNLABELLED
    synthetic = labels[known] == 1
    if not synthetic.any() or synthetic.all():
        return None
    return MeasuredClassifierLoss(
        faces=faces.name,
        bona_fide=int((~synthetic).sum()),
        synthetic=int(synthetic.sum()),
        auc_before=evaluate_classification(synthetic, before[known]).auc,
        auc=evaluate_classification(synthetic, after[known]).auc,
    )
