from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.augment.config import KNOBS, AugmentConfig


@pytest.fixture(scope="session")
def faces(crops: list[NDArray[np.uint8]]) -> Tensor:
    """(48, 3, 112, 112) uint8: six faces, eight times."""
    return torch.from_numpy(np.stack(crops * 8).transpose(0, 3, 1, 2))


@pytest.fixture(scope="session")
def seeds() -> NDArray[np.uint64]:
    return np.arange(48, dtype=np.uint64)


@pytest.fixture(scope="session")
def only() -> Callable[..., AugmentConfig]:
    """A configuration with all knobs off but these."""
    return lambda **knobs: AugmentConfig(**dict.fromkeys(KNOBS, 0) | knobs)


@pytest.fixture(scope="session")
def gentle(only: Callable[..., AugmentConfig]) -> AugmentConfig:
    """What keeps the traces of forgery in the pixels: no blur, compression or resampling."""
    return only(mirror=0.5, shift=4, contrast=0.2, brightness=0.2, colour=0.08)


@pytest.fixture(scope="session")
def lively(only: Callable[..., AugmentConfig]) -> AugmentConfig:
    """Everything, often."""
    often = dict.fromkeys(("mirror", "grey", "blur", "downscale", "jpeg", "occlusion"), 0.5)
    return AugmentConfig(**often)


@pytest.fixture(scope="session")
def ramps() -> Callable[[int], Tensor]:
    """(3, size, size) uint8 whose red tells the row and whose green tells the column."""

    def make(size: int) -> Tensor:
        steps = torch.arange(size, dtype=torch.uint8)
        return torch.stack(
            [steps[:, None].expand(size, size), steps.expand(size, size), steps * 0 + steps[:, None]]
        )

    return make
