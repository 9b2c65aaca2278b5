"""RetinaFace (Deng et al., CVPR 2020): from the outputs of its network to faces."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection

STRIDES = (8, 16, 32)
ANCHOR_SIZES = ((16, 32), (64, 128), (256, 512))  # pixels, two per stride
CENTRE_VARIANCE = 0.1
SIZE_VARIANCE = 0.2
NMS_OVERLAP = 0.4
MAX_CANDIDATES = 1000


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
    """Network outputs at anchors `prior` (N, 4): offsets (N, 4) and (N, 10), scores (N,), as N faces."""
    centre, size = prior[:, :2], prior[:, 2:]
    middle = centre + box_offsets[:, :2] * CENTRE_VARIANCE * size
    half = size * np.exp(box_offsets[:, 2:] * SIZE_VARIANCE) / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    landmarks = centre[:, None] + landmark_offsets.reshape(-1, 5, 2) * CENTRE_VARIANCE * size[:, None]
    return [
        Detection(box, points, float(score))
        for box, points, score in zip(boxes, landmarks, scores, strict=True)
    ]


def suppress(faces: list[Detection]) -> list[Detection]:
    """Greedy non-maximum suppression: the faces that overlap no better one, best first."""
    order = sorted(range(len(faces)), key=lambda index: -faces[index].score)[:MAX_CANDIDATES]
    boxes = np.array([faces[index].box for index in order], np.float32).reshape(-1, 4)
    left = np.arange(len(order))
    kept = []
    while len(left):
        best, rest = left[0], left[1:]
        kept.append(faces[order[best]])
        left = rest[overlap(boxes[best], boxes[rest]) <= NMS_OVERLAP]
    return kept


def overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box (4,) with others (N, 4)."""
    corner0 = np.maximum(box[:2], others[:, :2])
    corner1 = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(corner1 - corner0, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return shared / np.maximum(area + areas - shared, np.finfo(np.float32).tiny)


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
