"""The cascade of MTCNN on one image, with the constants of facenet-pytorch.

Boxes are x1, y1, x2, y2 counted from 1, and their last column belongs to them, as in the first publication.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import nms

from align.detectors.detection import Detection
from align.detectors.mtcnn.networks import Stage
from align.detectors.mtcnn.windows import Windows

LEAST_FACE = 20  # pixels of the image that is searched
WINDOW, STRIDE = 12, 2  # of the first network, in pixels of its input
SHRINKING = 0.709  # from one level of the pyramid to the next
THRESHOLDS = (0.6, 0.7, 0.7)
SAME_SCALE_IOU, SAME_FACE_IOU = 0.5, 0.7
SECOND_SIDE, THIRD_SIDE = 24, 48  # pixels of the inputs of the second and the third network
AT_ONCE = 512  # windows


@torch.inference_mode()
def find_faces(
    image: NDArray[np.uint8], stages: tuple[Stage, Stage, Stage], device: torch.device, min_score: float
) -> list[Detection]:
    """The faces of an (H, W, 3) uint8 RGB image, best score first, in its pixels."""
    pixels = torch.from_numpy(np.ascontiguousarray(image)).to(device)
    windows = Windows(pixels)
    boxes = _proposals(windows, stages[0], image.shape[:2])
    for stage, side, threshold in ((stages[1], SECOND_SIDE, THRESHOLDS[1]), (stages[2], THIRD_SIDE, 0.0)):
        boxes, rectangles = _cut(boxes, image.shape[:2])
        if not len(boxes):
            return []
        scores, offsets, *landmarks = _run(stage, windows, rectangles, side)
        kept = scores > (threshold or max(THRESHOLDS[2], min_score))
        boxes, scores, offsets = boxes[kept], scores[kept], offsets[kept]
        if not landmarks:
            best = nms(boxes, scores, SAME_FACE_IOU)
            boxes = _squared(_refined(boxes[best], offsets[best]))
    corner, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2] + 1)[:, None]
    points = corner - 1 + landmarks[0][kept].reshape(-1, 2, 5).transpose(1, 2) * size
    boxes = _refined(boxes, offsets)
    return [
        Detection(boxes[index].cpu().numpy(), points[index].cpu().numpy(), float(scores[index]))
        for index in _not_within_better(boxes, scores)
    ]


def _proposals(windows: Windows, network: Stage, size: tuple[int, int]) -> Tensor:
    """Square boxes (N, 4) that may hold a face, from all levels of the pyramid."""
    boxes, scores = [], []
    whole = torch.tensor([[0, 0, size[1], size[0]]], device=windows.device)
    for scale in _scales(size):
        height, width = (int(side * scale + 1) for side in size)
        likely, offsets = network(windows.reduced(whole, height, width))
        row, column = (likely[0] >= THRESHOLDS[0]).nonzero(as_tuple=True)
        corner = STRIDE * torch.stack([column, row], 1)
        start, end = (((corner + shift) / scale).floor() for shift in (1, WINDOW))
        plain, sides = torch.cat([start, end], 1), (end - start).repeat(1, 2)
        kept = nms(plain, likely[0, row, column], SAME_SCALE_IOU)
        boxes.append(torch.cat([plain, plain + offsets[0, :, row, column].T * sides], 1)[kept])
        scores.append(likely[0, row, column][kept])
    if not boxes:
        return torch.zeros((0, 4), device=windows.device)
    found = torch.cat(boxes)
    return _squared(found[nms(found[:, :4], torch.cat(scores), SAME_FACE_IOU), 4:])


def _scales(size: tuple[int, int]) -> list[float]:
    """The sizes of the pyramid's levels, in parts of the image's, largest first."""
    scales, scale = [], WINDOW / LEAST_FACE
    while min(size) * scale >= WINDOW:
        scales.append(scale)
        scale *= SHRINKING
    return scales


def _run(network: Stage, windows: Windows, rectangles: Tensor, side: int) -> list[Tensor]:
    """What a network says of windows (N, 4), `AT_ONCE` of them at a time."""
    parts = [network(windows.reduced(some, side, side)) for some in torch.split(rectangles, AT_ONCE)]
    return [torch.cat(column) for column in zip(*parts, strict=True)]


def _cut(boxes: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The boxes that reach into the image, (N, 4), and the part of each in it in whole pixels from 0."""
    whole = boxes.trunc().long()
    start = whole[:, :2].clamp(min=1) - 1
    end = torch.minimum(whole[:, 2:], torch.tensor([size[1], size[0]], device=boxes.device))
    inside = (end > start).all(1)
    return boxes[inside], torch.cat([start, end], 1)[inside]


def _refined(boxes: Tensor, offsets: Tensor) -> Tensor:
    """Boxes moved by offsets (N, 4), in parts of their sides."""
    return boxes + offsets * (boxes[:, 2:] - boxes[:, :2] + 1).repeat(1, 2)


def _squared(boxes: Tensor) -> Tensor:
    """Squares with the middles of boxes (N, 4) and their longer sides."""
    side = (boxes[:, 2:] - boxes[:, :2]).amax(1, keepdim=True)
    corner = (boxes[:, :2] + boxes[:, 2:] - side) / 2
    return torch.cat([corner, corner + side], 1)


def _not_within_better(boxes: Tensor, scores: Tensor) -> list[int]:
    """Indices, best first, of boxes (N, 4) of which no better one covers too much, by the smaller area."""
    area = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1)
    left = scores.argsort(descending=True, stable=True)
    kept: list[int] = []
    while len(left):
        best, rest = left[0], left[1:]
        kept.append(int(best))
        start = torch.maximum(boxes[best, :2], boxes[rest, :2])
        end = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = (end - start + 1).clamp(min=0).prod(1)
        left = rest[shared <= SAME_FACE_IOU * torch.minimum(area[best], area[rest])]
    return kept
