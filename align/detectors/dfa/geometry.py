"""The square that the aligner sees of a photograph, and the crop that it publishes of that square.

The published geometry takes the first and the last pixel for -1 and 1 (`align_corners`) where landmarks are
parts of the square; both are kept here as they are.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from align.detectors.dfa.network import SIDE
from common.formats.crop_frame import ARCFACE_POINTS, ARCFACE_SIZE, similarity_transform


def squared(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """An (H, W, 3) image with black on both sides of the shorter, and where its corner lies (x, y)."""
    height, width = image.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side, 3), np.uint8)
    square[top : top + height, left : left + width] = image
    return square, np.array([left, top], np.float32)


def reduced_view(square: NDArray[np.uint8]) -> Tensor:
    """A square as (3, 160, 160) RGB in [-1, 1], each pixel the mean of what falls into it."""
    method = cv2.INTER_AREA if len(square) > SIDE else cv2.INTER_LINEAR
    small = cv2.resize(square, (SIDE, SIDE), interpolation=method)
    return _scaled(small)  # type: ignore[arg-type]


def published_view(square: NDArray[np.uint8]) -> Tensor:
    """The same as it is published: bilinear, with what lies between the samples left out."""
    return interpolate(_scaled(square)[None], (SIDE, SIDE), mode="bilinear", align_corners=True)[0]


def published_crop(view: Tensor, landmarks: NDArray[np.floating]) -> Tensor:
    """The face (3, 112, 112) in [-1, 1] that the aligner cuts from its view, -1 where that ends.

    `landmarks` (5, 2) are parts of the square. Raises ValueError where they coincide.
    """
    to_crop = np.vstack([similarity_transform(np.asarray(landmarks) * SIDE, ARCFACE_POINTS), [0, 0, 1]])
    theta = _to_unit(SIDE) @ np.linalg.inv(to_crop) @ np.linalg.inv(_to_unit(ARCFACE_SIZE))
    grid = affine_grid(
        torch.from_numpy(theta[:2]).to(view)[None], [1, 3, ARCFACE_SIZE, ARCFACE_SIZE], align_corners=True
    )
    return grid_sample(view[None] + 1, grid, align_corners=True)[0] - 1


def _to_unit(side: int) -> NDArray[np.float64]:
    """The way from pixels of a square to [-1, 1], (3, 3)."""
    return np.array([[2 / side, 0, -1], [0, 2 / side, -1], [0, 0, 1]])


def _scaled(image: NDArray[np.uint8]) -> Tensor:
    return (torch.from_numpy(image).permute(2, 0, 1).float() / 255 - 0.5) / 0.5
