"""RetinaFace networks that users bring as ONNX files."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, EarlyExit
from align.detectors.resizing import enlarge, fit, pad
from align.detectors.retinaface import LEVELS, anchors, decode
from align.detectors.session import batches_of_one_shape, best_batch_size, open_session
from common.runtime.errors import ParameterError, UserError, first_line
from common.runtime.file_kinds import describe_trouble

BOXES, PROBABILITIES, LANDMARKS = 4, 2, 10  # the last dimensions of the three outputs
COLOUR, MEAN, SCALE = "BGR", (104.0, 117.0, 123.0), 1.0  # what Pytorch_Retinaface trains with
PROBE = 64, 96  # pixels; the network's contract is checked on an empty image of this size
ROUNDING = 1e-3  # by which a probability may leave [0, 1]
REMEDY = "{detector} onnx:FILE names a RetinaFace export"
EXPECTED = (
    "a RetinaFace export has one input, (N, 3, H, W) float32, and three outputs, each (N, anchors, k): boxes "
    "with k = 4, probabilities with k = 2 and landmarks with k = 10"
)


def find_export(name: str) -> Path:
    """The file that `onnx:FILE` names. Raises UserError where it is none, or cannot be read."""
    path = Path(name)
    if path.exists() and not path.is_file():  # a pipe would be waited for
        kind = "folder" if path.is_dir() else "pipe or a device"
        raise ParameterError(f"{{}} is a {kind}; {REMEDY}", path)
    try:
        path.open("rb").close()
    except OSError as error:
        raise ParameterError(f"{{}}; {REMEDY}", describe_trouble(path, error)) from error
    return path.resolve()


class RetinaFaceExport:
    """A RetinaFace in the manner of Pytorch_Retinaface's exports; see `Detector`.

    Its outputs, whatever their names, are relative to `retinaface.anchors`, and the second of the two
    probabilities is that of a face. Its input is (pixel - mean) * scale, by the metadata properties of the
    file: `colour` is BGR or RGB, `mean` three numbers in that order with commas between them, `scale` a
    number. What is not there is as Pytorch_Retinaface has it: BGR, 104,117,123 and 1. A file with a fixed
    input size takes images shrunk to it, with the mean below and to the right.

    Args:
        network: an ONNX file, or the bytes of one.
        settings: as for every detector.
        name: by default that of the file.
        mean: where the metadata have none.

    Raises UserError for a file that is no such network.
    """

    levels = LEVELS

    def __init__(
        self,
        network: Path | bytes,
        settings: DetectorSettings,
        name: str = "",
        mean: tuple[float, ...] = MEAN,
    ) -> None:
        content = network.read_bytes() if isinstance(network, Path) else network
        self._where = str(network) if isinstance(network, Path) else name
        self._session = open_session(network, settings)
        self._input = _Input.read(self._where, self._session)
        self._pixels = _PixelFormat.read(self._where, self._session, mean)
        self._min_score = settings.min_score
        self.name = name or f"onnx:{Path(self._where).name}"
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.wanted_side = settings.det_size
        self.batch_size = self._input.batch or best_batch_size(self._session)
        height, width = self._input.height or PROBE[0], self._input.width or PROBE[1]
        self._run(np.zeros((1, 3, height, width), np.float32))

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`. Images of one size go through the network together."""
        size = self._input.height, self._input.width
        small = [fit(image, self.wanted_side, *size) for image in images]
        found: list[list[Detection]] = [[] for _ in images]
        shapes = (size if all(size) else image.shape for image in small)
        for batch in batches_of_one_shape(shapes, self.batch_size):
            planes = [pad(self._pixels.apply(small[index]), *size).transpose(2, 0, 1) for index in batch]
            for index, faces in zip(batch, self._faces(np.stack(planes)), strict=True):
                sizes = small[index].shape[:2], images[index].shape[:2]
                found[index] = [enlarge(face, *sizes) for face in faces]
        return found

    def _faces(self, planes: NDArray[np.float32]) -> list[list[Detection]]:
        """The faces of each of (N, 3, H, W) inputs, in their pixels."""
        boxes, probabilities, landmarks = self._run(planes)
        prior = anchors(*planes.shape[2:])
        found = []
        for index, scores in enumerate(probabilities[:, :, 1]):
            kept = np.flatnonzero(scores >= self._min_score)
            found.append(decode(prior[kept], boxes[index, kept], landmarks[index, kept], scores[kept]))
        return found

    def _run(self, planes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Boxes (N, A, 4), probabilities (N, A, 2) and landmarks (N, A, 10) for (N, 3, H, W) inputs."""
        count, _, height, width = planes.shape
        try:
            outputs = self._session.run(None, {self._input.name: np.ascontiguousarray(planes)})
        except Exception as error:  # onnxruntime has a dozen classes for it, none of them public
            raise UserError(
                f"{self._where} does not run on {width}x{height} pixels: {first_line(error)}"
            ) from error
        shapes = ", ".join(str(tuple(np.shape(output))) for output in outputs)
        if any(np.ndim(output) != 3 for output in outputs):
            raise UserError(f"{self._where} has outputs {shapes}; {EXPECTED}")
        by_width = {output.shape[2]: output for output in outputs}
        if len(outputs) != 3 or by_width.keys() != {BOXES, PROBABILITIES, LANDMARKS}:
            raise UserError(f"{self._where} has outputs {shapes}; {EXPECTED}")
        expected = len(anchors(height, width))
        if any(output.shape[:2] != (count, expected) for output in outputs):
            raise UserError(
                f"{self._where} has outputs {shapes} for {count} image(s) of {width}x{height} pixels, where "
                f"RetinaFace has {expected} anchors: two per cell at strides 8, 16 and 32"
            )
        probabilities = by_width[PROBABILITIES]
        if not (probabilities.min() >= -ROUNDING and probabilities.max() <= 1 + ROUNDING):
            raise UserError(
                f"{self._where} gives class scores outside [0, 1]; export it with the softmax, so that the "
                "output of last dimension 2 holds probabilities"
            )
        return by_width[BOXES], probabilities, by_width[LANDMARKS]


@dataclass(frozen=True)
class _Input:
    """The input of a network; 0 and None stand for what is not fixed."""

    name: str
    batch: int
    height: int | None
    width: int | None

    @classmethod
    def read(cls, where: str, session: onnxruntime.InferenceSession) -> "_Input":
        inputs = session.get_inputs()
        image = inputs[0]
        shape = [side if isinstance(side, int) and side > 0 else None for side in image.shape]
        if len(inputs) != 1 or image.type != "tensor(float)" or len(shape) != 4 or shape[1] not in (3, None):
            told = ", ".join(f"{value.type} {value.shape}" for value in inputs)
            raise UserError(f"{where} has the input {told}; {EXPECTED}")
        batch, _, height, width = shape
        if batch not in (None, 1):
            raise UserError(f"{where} takes {batch} images at once; export it for one, or for any number")
        return cls(image.name, batch or 0, height, width)


@dataclass(frozen=True)
class _PixelFormat:
    """The colour order, mean and scale of a network's input."""

    reverse: bool  # RGB to BGR
    mean: NDArray[np.float32]  # (3,), in the order of the network
    scale: np.float32

    @classmethod
    def read(
        cls, where: str, session: onnxruntime.InferenceSession, mean: tuple[float, ...]
    ) -> "_PixelFormat":
        given = session.get_modelmeta().custom_metadata_map
        colour = given.get("colour", COLOUR).strip().upper()
        if colour not in ("BGR", "RGB"):
            raise UserError(f"{where}: the metadata property colour is BGR or RGB, not '{given['colour']}'")
        mean = _numbers(where, given, "mean", 3) or mean
        scale = _numbers(where, given, "scale", 1) or (SCALE,)
        return cls(colour == "BGR", np.array(mean, np.float32), np.float32(scale[0]))

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """An (H, W, 3) RGB image as the network wants it."""
        ordered = image[:, :, ::-1] if self.reverse else image
        return (ordered.astype(np.float32) - self.mean) * self.scale


def _numbers(where: str, given: dict[str, str], key: str, count: int) -> tuple[float, ...]:
    """The `count` numbers of a metadata property; none where it is not there."""
    if key not in given:
        return ()
    try:
        numbers = tuple(float(word) for word in given[key].split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise UserError(
            f"{where}: the metadata property {key} is {count} number(s) with commas between, "
            f"not '{given[key]}'"
        )
    return numbers
