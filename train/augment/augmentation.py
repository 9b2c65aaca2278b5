"""Augmentation of crops: geometry, light, image quality, occlusion."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.augment.config import AugmentConfig
from train.augment.draws import Draws
from train.augment.framing import framed
from train.augment.lighting import relight
from train.augment.occlusion import occlude
from train.augment.quality import degrade


@dataclass(frozen=True)
class Augmentation:
    """Augmentation of a batch of crops as its configuration says, on the CPU."""

    config: AugmentConfig

    def __call__(self, crops: Tensor, seeds: NDArray[np.uint64] | NDArray[np.int64]) -> Tensor:
        """A view of each crop, chosen by its seed.

        A view depends on its crop and its seed alone: not on the batch, its order, or the number of threads
        or processes. Turning one knob leaves the numbers that the others draw as they are.

        Args:
            crops: (N, 3, size, size) uint8 RGB on the CPU, in any memory layout; left as it is.
            seeds: (N,).

        Returns uint8 of the same shape: the crops themselves when all knobs are off, otherwise new memory.
        Raises ValueError for crops or seeds of another type or shape.
        """
        _check(crops, seeds)
        if self.config.is_off:
            return crops
        draws = Draws(seeds)
        views = framed(crops, self.config, draws)
        relight(views, self.config, draws)
        degrade(views, self.config, draws)
        occlude(views, self.config, draws)
        return views


def _check(crops: Tensor, seeds: NDArray[np.uint64] | NDArray[np.int64]) -> None:
    count, channels, height, width = crops.shape if crops.ndim == 4 else (0, 0, 0, 0)
    if crops.dtype != torch.uint8 or crops.device.type != "cpu" or channels != 3 or not 0 < height == width:
        raise ValueError(
            f"expected (N, 3, size, size) uint8 crops on the CPU, got {tuple(crops.shape)} {crops.dtype} "
            f"on {crops.device}"
        )
    if seeds.shape != (count,) or seeds.dtype not in (np.uint64, np.int64):
        raise ValueError(f"expected {count} 64-bit seeds, got {seeds.shape} {seeds.dtype}")
