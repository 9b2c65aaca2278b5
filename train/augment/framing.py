"""Geometric augmentation: scale, shift, mirror."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.augment.config import AugmentConfig
from train.augment.draws import Draw, Draws
from train.augment.resize import resized


def framed(crops: Tensor, config: AugmentConfig, draws: Draws) -> Tensor:
    """Bring each crop to another size, cut its middle, moved by whole pixels, and mirror some.

    With `scale` 0, or for the size it has, a crop is not resampled: all pixels keep their values. What lies
    outside repeats the border.

    Args:
        crops: (N, 3, size, size) uint8, in any memory layout; left as it is.

    Returns new memory of the same shape and type.
    """
    size, reach = crops.shape[-1], int(crops.shape[-1] * config.scale)
    sides = draws.integer(Draw.SCALE, size - reach, size + reach)
    tops = (sides - size) // 2 + draws.integer(Draw.DOWN, -config.shift, config.shift)
    lefts = (sides - size) // 2 + draws.integer(Draw.RIGHT, -config.shift, config.shift)
    is_mirrored = draws.happens(Draw.MIRROR, config.mirror)
    views = torch.empty(crops.shape, dtype=torch.uint8)
    for crop, view, side, top, left, mirrored in zip(
        crops, views.numpy(), sides, tops, lefts, is_mirrored, strict=True
    ):
        _copy_window(resized(crop, int(side)).numpy(), int(top), int(left), view)
        if mirrored:
            view[:] = view[:, :, ::-1].copy()
    return views


def _copy_window(image: NDArray[np.uint8], top: int, left: int, view: NDArray[np.uint8]) -> None:
    """Fill `view` (3, size, size) from `image` (3, side, side) at (top, left), repeating its border."""
    side, size = image.shape[-1], view.shape[-1]
    top, left = (min(max(start, 1 - size), side - 1) for start in (top, left))  # one row and column inside
    up, low = max(0, -top), min(size, side - top)
    near, far = max(0, -left), min(size, side - left)
    view[:, up:low, near:far] = image[:, up + top : low + top, near + left : far + left]
    view[:, up:low, :near] = view[:, up:low, near : near + 1]
    view[:, up:low, far:] = view[:, up:low, far - 1 : far]
    view[:, :up] = view[:, up : up + 1]
    view[:, low:] = view[:, low - 1 : low]
