"""Non-maximum suppression (NMS): of detections that overlap, only the best is kept."""

import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection

NMS_IOU = 0.4  # detections that overlap a better one by more are dropped
MAX_CANDIDATES = 1000


def iou(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box (4,), x1, y1, x2, y2, with others (N, 4)."""
    corner0 = np.maximum(box[:2], others[:, :2])
    corner1 = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(corner1 - corner0, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2])
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    ious: NDArray[np.float32] = shared / np.maximum(area + areas - shared, np.finfo(np.float32).tiny)
    return ious


def nms(boxes: NDArray[np.float32], scores: NDArray[np.floating]) -> list[int]:
    """Indices of the boxes (N, 4) that greedy suppression by scores (N,) keeps, best first."""
    left = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    kept: list[int] = []
    while len(left):
        best, rest = left[0], left[1:]
        kept.append(int(best))
        left = rest[iou(boxes[best], boxes[rest]) <= NMS_IOU] if len(rest) else rest
    return kept


def nms_faces(faces: list[Detection]) -> list[Detection]:
    """The faces that overlap no better one, best first."""
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    return [faces[index] for index in nms(boxes, np.array([face.score for face in faces]))]
