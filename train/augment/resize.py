"""Resizing of a crop."""

from torch import Tensor
from torchvision.transforms.v2 import functional

SMALLEST = 2  # pixels, both sides: torch mistakes the memory layout of a single pixel of 8 bits


def resized(image: Tensor, side: int) -> Tensor:
    """(3, side, side) uint8 from (3, size, size) uint8: linear between pixels, averaged when made smaller."""
    return image if side == image.shape[-1] else functional.resize(image, [side, side], antialias=True)
