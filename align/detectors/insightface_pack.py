"""The detection models of insightface's model zoo."""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, EarlyExit, ScoreLevels
from align.detectors.insightface_download import DownloadError, download_pack
from align.detectors.resizing import enlarge, fit, pad
from align.detectors.session import open_session
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from common.runtime.file_kinds import inspect

MODELS = Path("~/.insightface/models")  # where insightface keeps them
RELEASES = "https://github.com/deepinsight/insightface/releases"
PACK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
DETECTOR_FILES = {
    "antelopev2": "scrfd_10g_bnkps.onnx",
    "buffalo_l": "det_10g.onnx",
    "buffalo_m": "det_2.5g.onnx",
    "buffalo_s": "det_500m.onnx",
    "buffalo_sc": "det_500m.onnx",
}
SHA256 = {  # of the detectors as they are published
    "det_10g.onnx": "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
    "det_2.5g.onnx": "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9",
    "det_500m.onnx": "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a",
    "scrfd_10g_bnkps.onnx": "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
}
DETECTOR_PREFIXES = ("det_", "scrfd")
LEAST_OUTPUTS = 5  # of a network that insightface takes for a detector
INPUT_MULTIPLE = 32  # pixels; the coarsest stride of these networks


def find_detection_model(pack: str) -> Path:
    """The ONNX file of a pack's detector, in insightface's own folder; the pack is downloaded if need be.

    Raises UserError, which says what to put where, when the pack is not there and cannot be downloaded, when
    it holds no detector, or for a name that is not one of a pack.
    """
    if not PACK_NAME.fullmatch(pack):
        raise UserError(f"'{pack}' is not the name of a pack of insightface's, such as buffalo_l")
    folder = MODELS.expanduser() / pack
    wanted = DETECTOR_FILES.get(pack, "the detector (det_*.onnx or scrfd*.onnx)")
    remedy = f"put {wanted} of the pack {pack}, from {RELEASES}, into {folder}/"
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        try:
            download_pack(pack, folder.parent, partial(_check_published, pack))
        except DownloadError as error:
            raise UserError(
                f"insightface's pack {pack} is not there and cannot be downloaded ({error}); {remedy}"
            ) from error
    declared = _declared_detector(folder)
    if declared:
        return Path(declared.path).resolve()
    files = _networks(folder)
    found = _first_detector(files)
    if found:
        return found.resolve()
    seen = ", ".join(sorted(path.name for path in files)) or "no ONNX file"
    raise UserError(f"{folder} holds {seen}, but no detector; {remedy}")


class InsightFaceDetector:
    """A detector of insightface's with five landmarks; see `Detector`.

    Images are shrunk, never enlarged, and padded to the network's input, `det_size` rounded up to a multiple
    of 32 on both sides unless the network has a size of its own.

    Raises UserError when the file is no such network.
    """

    batch_size = 1
    levels = ScoreLevels(sure=0.65, clear=0.65)  # not measured; upright faces mostly have 0.7 to 0.9

    def __init__(self, path: Path, settings: DetectorSettings) -> None:
        self._path = path
        session = open_session(path, settings)
        self._model = _wrap(path, session)
        self.name = f"insightface:{path.parent.name}/{path.stem}"
        self.sha256 = file_sha256(path)
        self.wanted_side = settings.det_size
        height, width = session.get_inputs()[0].shape[2:]
        if isinstance(height, int) and isinstance(width, int):
            self._size = height, width
            self._model.prepare(0, det_thresh=settings.min_score)
        else:
            side = -(-settings.det_size // INPUT_MULTIPLE) * INPUT_MULTIPLE
            self._size = side, side
            self._model.prepare(0, det_thresh=settings.min_score, input_size=(side, side))
        self._detect(np.zeros((INPUT_MULTIPLE, INPUT_MULTIPLE, 3), np.uint8))

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`."""
        return [self._detect(image) for image in images]

    def _detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        small = fit(image, self.wanted_side, *self._size)
        # insightface would resize without a filter against aliasing; at this size it has nothing to do
        square = cv2.cvtColor(pad(small, *self._size), cv2.COLOR_RGB2BGR)
        try:
            boxes, landmarks = self._model.detect(square)
        except Exception as error:  # whatever a network makes insightface do that it is not written for
            raise UserError(
                f"insightface cannot use {self._path} as a detector: {type(error).__name__}"
            ) from error
        faces = [
            Detection(box[:4].astype(np.float32), points.astype(np.float32), float(box[4]))
            for box, points in zip(boxes, landmarks, strict=True)
        ]
        faces.sort(key=lambda face: -face.score)
        return [enlarge(face, small.shape[:2], image.shape[:2]) for face in faces]


def _wrap(path: Path, session: Any) -> Any:
    """insightface's own detector around a session. Raises UserError for a network that it cannot use."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # some versions have much to tell
        from insightface.model_zoo import SCRFD  # takes a second

    outputs, shape = session.get_outputs(), session.get_inputs()[0].shape
    if len(outputs) < LEAST_OUTPUTS or len(shape) != 4:
        raise UserError(f"{path} is not a detector of insightface's: it has {len(outputs)} output(s)")
    model = SCRFD(session=session)  # without the file, of which it would open sessions with other settings
    if not hasattr(model, "fmc"):
        raise UserError(f"{path} is not a detector of insightface's: it has {len(outputs)} outputs")
    if not model.use_kps:
        raise UserError(f"{path} finds no landmarks, and faces cannot be aligned without; take another pack")
    folder = next((parent for parent in path.parents[:3] if (parent / "manifest.json").is_file()), None)
    declared = folder and _declared_detector(folder)
    if declared and Path(declared.path) == path.resolve():
        scaling = declared.metadata["preprocessing"]
        embedded = isinstance(scaling, str)
        model.input_mean, model.input_std = (0.0, 1.0) if embedded else (scaling["mean"], scaling["std"])
        if session.get_inputs()[0].type == "tensor(uint8)":
            model.input_dtype = np.uint8
    return model


def _check_published(pack: str, folder: Path) -> None:
    """Raises DownloadError when the detector of a downloaded pack is known and not the published one.

    One that a manifest declares with its checksum is left to insightface, unless the pack is known: whoever
    alters an archive can add a manifest.
    """
    try:
        declared = _declared_detector(folder)
        found = Path(declared.path) if declared else _first_detector(_networks(folder))
    except UserError as error:
        if pack not in DETECTOR_FILES:  # told of the folder where it is to be
            return
        raise DownloadError("its detector is not the published one: it cannot be read") from error
    name = DETECTOR_FILES.get(pack, "" if declared or not found else found.name)
    if name in SHA256 and (not found or file_sha256(found) != SHA256[name]):
        told = found.name if found else name
        raise DownloadError(f"its {told} is not the published one, by its SHA-256")


def _networks(folder: Path) -> list[Path]:
    """The ONNX files of a pack, those that are called as detectors are first."""
    # some packs have their files in a folder within the folder
    files = sorted(folder.glob("*.onnx")) or sorted(folder.glob("*/*.onnx"))
    return sorted(files, key=lambda path: not path.name.startswith(DETECTOR_PREFIXES))


def _first_detector(files: list[Path]) -> Path | None:
    """The first network with the outputs of a detector. Raises UserError for one that is not whole."""
    return next((path for path in files if _count_outputs(path) >= LEAST_OUTPUTS), None)


def _declared_detector(folder: Path) -> Any:
    """The detector that a pack's manifest declares; None without a manifest, as in most packs."""
    if not (folder / "manifest.json").is_file():
        return None
    try:
        from insightface.model_zoo import package_manifest
    except ImportError:  # from before there were manifests
        return None
    if not package_manifest.has_model_package_manifest(folder):
        return None
    try:
        declared = package_manifest.load_model_package(folder).task(package_manifest.DETECTION_TASK)
        package_manifest.verify_model_artifact(declared)
    except Exception as error:  # of four classes, by what is wrong
        raise UserError(f"the manifest in {folder} does not name its detector: {error}") from error
    return declared


def _count_outputs(path: Path) -> int:
    """The number of a network's outputs. Raises UserError for a file that is no network."""
    import onnx

    try:
        count = len(onnx.load(str(path), load_external_data=False).graph.output)
    except Exception:  # of protobuf's or of onnx's, by where it breaks
        count = 0
    if not count:
        raise UserError(
            f"{path} is {inspect(path).text}, not a whole ONNX network; remove the folder {path.parent} to "
            f"have it downloaded again, or put the file from {RELEASES} into its place"
        )
    return count
