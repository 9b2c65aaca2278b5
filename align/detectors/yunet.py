"""YuNet (Wu et al., "YuNet: A tiny millisecond-level face detector", 2023) in OpenCV's FaceDetectorYN."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, EarlyExit, ScoreLevels
from align.detectors.resizing import enlarge, shrink
from common.runtime.errors import ParameterError, UserError, first_line
from common.runtime.file_kinds import Kind, describe_trouble, inspect

LARGEST = 16_000_000  # bytes; the published file has 230,000
SUPPRESSION_IOU = 0.3
CANDIDATES = 5000
PROBE = 64  # pixels of an empty image that the network is tried with
STRIDES = (8, 16, 32)
WIDTHS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}  # numbers of a cell in each output
OUTPUTS = [f"{kind}_{stride}" for kind in WIDTHS for stride in STRIDES]
REMEDY = "{detector} yunet:FILE names face_detection_yunet_2023mar.onnx of opencv_zoo"


class YunetDetector:
    """YuNet from a file of opencv_zoo; see `Detector`. It runs on the CPU.

    Raises UserError for a file that is not there, or no such network.
    """

    batch_size = 1
    levels = ScoreLevels(sure=0.9, clear=0.8)  # not measured: the published weights could not be had

    def __init__(self, file: str, settings: DetectorSettings) -> None:
        content = read_network(file)
        self._path = Path(file)
        self._lock = threading.Lock()  # the size of the next image is a state of OpenCV's object
        self._checked: set[tuple[int, int]] = set()
        self.name = f"yunet:{self._path.name}"
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.wanted_side = settings.det_size
        try:
            self._network = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
            self._detector = cv2.FaceDetectorYN.create(
                "onnx",
                np.frombuffer(content, np.uint8),
                np.zeros(0, np.uint8),
                (PROBE, PROBE),
                settings.min_score,
                SUPPRESSION_IOU,
                CANDIDATES,
            )
        except cv2.error as error:
            raise UserError(f"{file} cannot be loaded by OpenCV: {first_line(error)}") from error
        self._detect(np.zeros((PROBE, PROBE, 3), np.uint8))

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`; images go through the network one after the other."""
        return [self._detect(image) for image in images]

    def _detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        small = shrink(image, self.wanted_side)
        try:
            with self._lock:
                self._check_outputs(small.shape[0], small.shape[1])
                self._detector.setInputSize((small.shape[1], small.shape[0]))
                _, rows = self._detector.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        except cv2.error as error:
            raise UserError(f"{self._path} does not run in OpenCV: {first_line(error)}") from error
        if rows is None:
            return []
        faces = [
            Detection(np.concatenate([row[:2], row[:2] + row[2:4]]), row[4:14].reshape(5, 2), float(row[14]))
            for row in rows[np.isfinite(rows).all(axis=1)].astype(np.float32)
        ]
        faces.sort(key=lambda face: -face.score)
        return [enlarge(face, small.shape[:2], image.shape[:2]) for face in faces]

    def _check_outputs(self, height: int, width: int) -> None:
        """Raise UserError where outputs are not of the sizes that OpenCV reads, which does not ask for them.

        Once for each size, up to the multiple of 32 that OpenCV fills an image up to.
        """
        size = -(-height // STRIDES[-1]) * STRIDES[-1], -(-width // STRIDES[-1]) * STRIDES[-1]
        if size in self._checked:
            return
        self._network.setInput(np.zeros((1, 3, *size), np.float32))
        for name, output in zip(OUTPUTS, self._network.forward(OUTPUTS), strict=True):
            kind, _, stride = name.partition("_")
            numbers = (size[0] // int(stride)) * (size[1] // int(stride)) * WIDTHS[kind]
            if output.size != numbers or output.dtype != np.float32:
                raise ParameterError(
                    "{} is no YuNet: {} has {} numbers for an image of {}x{} pixels, and not {}; " + REMEDY,
                    *(self._path, name, output.size, size[1], size[0], numbers),
                )
        self._checked.add(size)


def read_network(file: str) -> bytes:
    """The bytes of a YuNet. Raises UserError for a file that is none, too large, or not in itself."""
    import onnx

    from common.runtime.onnx_tensors import keeps_data_outside, tensors

    path = Path(file).expanduser()
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ParameterError(f"{{}} is no file; {REMEDY}", path)
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise ParameterError(f"{{}}; {REMEDY}", describe_trouble(path, error)) from error
    kind = inspect(path)
    if kind.kind is not Kind.ONNX or kind.damage or len(content) > LARGEST:
        told = f"larger than {LARGEST:,} bytes" if len(content) > LARGEST else kind.text
        raise ParameterError(f"{{}} is {told}; {REMEDY}", path)
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # of protobuf's or of onnx's, by where it breaks
        raise ParameterError(f"{{}} is no whole ONNX network; {REMEDY}", path) from error
    outputs = {value.name for value in model.graph.output}
    if outputs != set(OUTPUTS):
        shown = ", ".join(sorted(outputs)[:4])
        raise ParameterError(
            f"{{}} is no YuNet of 2023, whose outputs are cls_8 …, not {shown}; {REMEDY}", path
        )
    if any(map(keeps_data_outside, tensors(model))):
        raise ParameterError(f"{{}} keeps its weights in other files, which are not read; {REMEDY}", path)
    return content


def fingerprint(file: str) -> str:
    """The SHA-256 of the file, in hexadecimal. Raises as `read_network`."""
    return hashlib.sha256(read_network(file)).hexdigest()
