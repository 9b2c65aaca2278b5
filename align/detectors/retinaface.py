"""RetinaFace (Deng et al., CVPR 2020): from the outputs of its network to faces."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, ScoreLevels

STRIDES = (8, 16, 32)
ANCHOR_SIZES = ((16, 32), (64, 128), (256, 512))  # pixels, two per stride
CENTRE_VARIANCE = 0.1
SIZE_VARIANCE = 0.2
NMS_OVERLAP = 0.4
MAX_CANDIDATES = 1000
LEVELS = ScoreLevels(sure=0.993, clear=0.9)  # measured with the embedded network


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


def decode(
    prior: NDArray[np.float32],
    box_offsets: NDArray[np.float32],
    landmark_offsets: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> list[Detection]:
    """Network outputs at anchors `prior` (N, 4): offsets (N, 4) and (N, 10), scores (N,), as faces.

    Of those that overlap, only the best is left; best first.
    """
    boxes = decode_boxes(prior, box_offsets)
    kept = survivors(boxes, scores)
    centre, size = prior[kept, None, :2], prior[kept, None, 2:]
    landmarks = centre + landmark_offsets[kept].reshape(-1, 5, 2) * CENTRE_VARIANCE * size
    return [
        Detection(boxes[index], points, float(scores[index]))
        for index, points in zip(kept, landmarks, strict=True)
    ]


def decode_boxes(prior: NDArray[np.float32], offsets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes (N, 4), x1, y1, x2, y2, from anchors and offsets (N, 4)."""
    centre, size = prior[:, :2], prior[:, 2:]
    middle = centre + offsets[:, :2] * CENTRE_VARIANCE * size
    half = size * np.exp(offsets[:, 2:] * SIZE_VARIANCE) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def suppress(faces: list[Detection]) -> list[Detection]:
    """The faces that overlap no better one, best first."""
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    return [faces[index] for index in survivors(boxes, np.array([face.score for face in faces]))]


def survivors(boxes: NDArray[np.float32], scores: NDArray[np.floating]) -> list[int]:
    """Greedy non-maximum suppression of boxes (N, 4): the indices that are left, best score first."""
    left = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    kept: list[int] = []
    while len(left):
        best, rest = left[0], left[1:]
        kept.append(int(best))
        left = rest[overlap(boxes[best], boxes[rest]) <= NMS_OVERLAP] if len(rest) else rest
    return kept


def overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box (4,) with others (N, 4)."""
    corner0 = np.maximum(box[:2], others[:, :2])
    corner1 = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(corner1 - corner0, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    iou: NDArray[np.float32] = shared / np.maximum(area + areas - shared, np.finfo(np.float32).tiny)
    return iou


def shrink(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The image itself, or a smaller copy whose longer side is `side` pixels."""
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def enlarge(face: Detection, small: tuple[int, int], large: tuple[int, int]) -> Detection:
    """A face found in an image shrunk to (height, width) `small`, in pixels of the one of size `large`."""
    if small == large:
        return face
    factor = np.array([large[1] / small[1], large[0] / small[0]], np.float32)
    corners = _scale(face.box.reshape(2, 2), factor).reshape(4)
    return Detection(corners, _scale(face.landmarks, factor), face.score)


def _scale(points: NDArray[np.float32], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points (N, 2) after an image is resized; pixels are squares around their middles."""
    half = np.float32(0.5)
    return (points + half) * factor - half
