"""The classifier of a file, with the operating point that is noted beside it."""

from pathlib import Path

from common.metrics.figures import CLASSIFICATION
from common.models.checkpoint import is_checkpoint, read_header
from common.models.classifier_checkpoint import load_classifier
from common.models.weights.refusal import inspect_weights
from common.runtime.checksum import file_sha256
from common.runtime.device import Device
from common.runtime.file_kinds import Kind
from infer.models.classifier_model import ClassifierModel, TorchClassifier
from infer.models.notes import read_notes
from infer.models.onnx_classifier import OnnxClassifier
from infer.models.onnx_file import read_onnx
from infer.models.onnx_metadata import CLASSIFIER_FAMILY
from infer.models.onnx_properties import FORMAT_KEY

CHECKPOINT_FAMILY = f"facetrust-{CLASSIFICATION}-"


def is_classifier(file: Path) -> bool:
    """Whether a file says that it is a classifier of facetrust, of any version: a checkpoint or an export.

    False for what is no file. Raises UserError when it may not be read.
    """
    if not file.is_file():
        return False
    if inspect_weights(file).kind is Kind.ONNX:
        return read_onnx(file).properties.get(FORMAT_KEY, "").startswith(CLASSIFIER_FAMILY)
    return is_checkpoint(file) and str(read_header(file).get("format", "")).startswith(CHECKPOINT_FAMILY)


def open_classifier(file: Path, device: Device = Device.AUTO) -> ClassifierModel:
    """The classifier of a checkpoint, or of an ONNX file of any name, ready to be used.

    A threshold that is noted beside the file goes before its own, with its undecided band. Raises UserError
    where the file is no classifier, or its notes are malformed, and as `settled_device`.
    """
    if inspect_weights(file).kind is Kind.ONNX:
        model: ClassifierModel = OnnxClassifier.open(file, device)
    else:
        loaded = load_classifier(file)
        model = TorchClassifier(loaded.classifier, loaded.info, file, file_sha256(file), device)
    note = read_notes(file, model.sha256).classification
    if note is not None:
        model.info = model.info.model_copy(update={"point": note.applied_to(model.info.point)})
    return model
