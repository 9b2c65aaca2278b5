"""RetinaFace (Deng et al., CVPR 2020) with a MobileNet-0.25 backbone, on ONNX Runtime."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
ANCHOR_SIZES = ((16, 32), (64, 128), (256, 512))  # pixels, two per stride
CENTRE_VARIANCE = 0.1
SIZE_VARIANCE = 0.2
MEAN_BGR = (104.0, 117.0, 127.0)  # as the embedded export was validated
NMS_OVERLAP = 0.4
MAX_CANDIDATES = 1000


@dataclass(frozen=True)
class Detection:
    """A face found in an image, in pixels of that image."""

    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2
    landmarks: NDArray[
        np.float32
    ]  # (5, 2) x, y: the eye on the left of the image, the right eye, nose, mouth corners
    score: float  # in [0, 1]


class RetinaFace:
    """Finds faces with five landmarks.

    Args:
        min_score: detections below are dropped.
        max_side: images with a longer side, in pixels, are searched at this size; landmarks come back in the
            image's own pixels.
        threads: of ONNX Runtime, within one image.
    """

    name = "retinaface_mobilenet0.25"

    def __init__(self, min_score: float = 0.5, max_side: int = 640, threads: int = 1) -> None:
        from retinaface.weights import WEIGHTS  # 2 MB of bytes: not for those who only ask for --help

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.sha256 = hashlib.sha256(WEIGHTS).hexdigest()
        self._session = onnxruntime.InferenceSession(WEIGHTS, options, providers=["CPUExecutionProvider"])
        self._min_score = min_score
        self._max_side = max_side

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """The faces of an (H, W, 3) uint8 RGB image, best score first."""
        shrink = min(1.0, self._max_side / max(image.shape[:2]))
        small = (
            image
            if shrink == 1
            else cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        )
        blob = small[None, :, :, ::-1].astype(np.float32) - np.array(MEAN_BGR, np.float32)
        outputs = self._session.run(None, {"input": np.ascontiguousarray(blob.transpose(0, 3, 1, 2))})
        boxes, landmarks, scores = _decode(*(np.asarray(output)[0] for output in outputs), *small.shape[:2])
        back_to_image = (
            np.float32(image.shape[1] / small.shape[1]),
            np.float32(image.shape[0] / small.shape[0]),
        )
        return [
            Detection(boxes[i] * np.tile(back_to_image, 2), landmarks[i] * back_to_image, float(scores[i]))
            for i in _suppress(boxes, scores, self._min_score)
        ]


@lru_cache(maxsize=64)
def anchors(height: int, width: int) -> NDArray[np.float32]:
    """The anchors of an input of this size: (A, 4) centre x, centre y, width, height in pixels."""
    levels = []
    for stride, sizes in zip(STRIDES, ANCHOR_SIZES, strict=True):
        rows, columns = -(-height // stride), -(-width // stride)
        y, x, size = np.meshgrid(
            (np.arange(rows) + 0.5) * stride, (np.arange(columns) + 0.5) * stride, sizes, indexing="ij"
        )
        levels.append(np.stack([x, y, size, size], axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def _decode(
    loc: NDArray[np.float32],
    conf: NDArray[np.float32],
    landmark_offsets: NDArray[np.float32],
    height: int,
    width: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Network outputs (A, 4), (A, 2), (A, 10) to boxes (A, 4), landmarks (A, 5, 2) and scores (A,)."""
    prior = anchors(height, width)
    centre, size = prior[:, :2], prior[:, 2:]
    middle = centre + loc[:, :2] * CENTRE_VARIANCE * size
    half = size * np.exp(loc[:, 2:] * SIZE_VARIANCE) / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    landmarks = centre[:, None] + landmark_offsets.reshape(-1, 5, 2) * CENTRE_VARIANCE * size[:, None]
    return boxes, landmarks, conf[:, 1]


def _suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], min_score: float) -> list[int]:
    """Indices of the detections that survive greedy non-maximum suppression, best first."""
    candidates = np.flatnonzero(scores >= min_score)
    candidates = candidates[np.argsort(-scores[candidates], kind="stable")][:MAX_CANDIDATES]
    kept: list[int] = []
    while len(candidates):
        best, rest = candidates[0], candidates[1:]
        kept.append(int(best))
        candidates = rest[_overlap(boxes[best], boxes[rest]) <= NMS_OVERLAP]
    return kept


def _overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box (4,) with others (N, 4)."""
    corner0 = np.maximum(box[:2], others[:, :2])
    corner1 = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(corner1 - corner0, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return shared / np.maximum(area + areas - shared, np.finfo(np.float32).tiny)
