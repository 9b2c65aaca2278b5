"""RetinaFace (Deng et al., CVPR 2020): from the outputs of its network to faces."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, ScoreLevels
from align.detectors.nms import nms

STRIDES = (8, 16, 32)
ANCHOR_SIZES = ((16, 32), (64, 128), (256, 512))  # pixels, two per stride
CENTRE_VARIANCE = 0.1
SIZE_VARIANCE = 0.2
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
    """Faces after NMS, best first, from anchors (N, 4), their offsets (N, 4) and (N, 10), and scores (N,)."""
    boxes = _decode_boxes(prior, box_offsets)
    kept = nms(boxes, scores)
    centre, size = prior[kept, None, :2], prior[kept, None, 2:]
    landmarks = centre + landmark_offsets[kept].reshape(-1, 5, 2) * CENTRE_VARIANCE * size
    return [
        Detection(boxes[index], points, float(scores[index]))
        for index, points in zip(kept, landmarks, strict=True)
    ]


def _decode_boxes(prior: NDArray[np.float32], offsets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes (N, 4), x1, y1, x2, y2, from anchors and offsets (N, 4)."""
    centre, size = prior[:, :2], prior[:, 2:]
    middle = centre + offsets[:, :2] * CENTRE_VARIANCE * size
    half = size * np.exp(offsets[:, 2:] * SIZE_VARIANCE) / 2
    return np.concatenate([middle - half, middle + half], axis=1)
