"""Variation of training crops that keeps the traces of forgery: no blur, compression or resampling."""

import torch
from torch import Tensor
from torch.nn import functional

MAX_SHIFT = 4  # pixels
BRIGHTNESS, CONTRAST, COLOUR = 0.2, 0.2, 0.08  # largest relative change


def augment(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror, shift by whole pixels, change brightness, contrast and colour balance, each crop on its own.

    Args:
        crops: (N, 3, size, size) RGB in 0..255, any dtype.
        generator: on the CPU; the only source of randomness.

    Returns float32 of the same shape and range on the same device.
    """
    count, device = len(crops), crops.device
    images = crops.float()

    def uniform(*shape: int) -> Tensor:
        return (torch.rand(shape, generator=generator) * 2 - 1).to(device)

    mirrored = uniform(count, 1, 1, 1) > 0
    images = torch.where(mirrored, images.flip(3), images)
    images = _shift(images, torch.randint(0, 2 * MAX_SHIFT + 1, (count, 2), generator=generator).to(device))
    grey = images.mean(dim=(1, 2, 3), keepdim=True)
    images = grey + (images - grey) * (1 + CONTRAST * uniform(count, 1, 1, 1))
    gain = (1 + BRIGHTNESS * uniform(count, 1, 1, 1)) * (1 + COLOUR * uniform(count, 3, 1, 1))
    return (images * gain).clamp(0, 255)


def _shift(images: Tensor, offsets: Tensor) -> Tensor:
    """Move each image by `offset - MAX_SHIFT` pixels (N, 2: down, right), repeating its border."""
    size = images.shape[-1]
    padded = functional.pad(images, [MAX_SHIFT] * 4, mode="replicate")
    steps = torch.arange(size, device=images.device)
    rows = (offsets[:, :1] + steps)[:, None, :, None]
    columns = (offsets[:, 1:] + steps)[:, None, None, :]
    sample = torch.arange(len(images), device=images.device)[:, None, None, None]
    channel = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return padded[sample, channel, rows, columns]
