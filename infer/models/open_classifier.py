"""The classifier of a file, with the operating point that is noted beside it."""

from pathlib import Path

from common.models.classifier_checkpoint import ClassifierInfo, load_classifier
from common.runtime.checksum import file_sha256
from common.runtime.device import Device
from infer.models.classifier_model import ClassifierModel, TorchClassifier
from infer.models.notes import read_notes


def open_classifier(file: Path, device: Device = Device.AUTO) -> ClassifierModel:
    """The classifier of a checkpoint, ready to be used.

    A threshold that is noted beside the file goes before its own, with its undecided band. Raises UserError
    where the file is no classifier, or its notes are malformed, and as `settled_device`.
    """
    loaded = load_classifier(file)
    sha256 = file_sha256(file)
    return TorchClassifier(loaded.classifier, settled_info(loaded.info, file, sha256), file, sha256, device)


def settled_info(info: ClassifierInfo, file: Path, sha256: str) -> ClassifierInfo:
    """What a file says, with the operating point noted beside it in the place of its own."""
    note = read_notes(file, sha256).classification
    return info if note is None else info.model_copy(update={"point": note.applied_to(info.point)})
