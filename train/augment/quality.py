"""Degradation: blur, downscaling, JPEG compression."""

import math

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from common.formats.jpeg import jpeg_round_trip
from train.augment.config import AugmentConfig
from train.augment.draws import Draw, Draws
from train.augment.resize import SMALLEST, resized


def degrade(images: Tensor, config: AugmentConfig, draws: Draws) -> None:
    """Blur, reduce or compress some of the images (N, 3, size, size) uint8, each as it is drawn, in place."""
    size = images.shape[-1]
    sigmas = draws.uniform(Draw.BLUR_SIGMA, *config.blur_sigma)
    for row in np.flatnonzero(draws.happens(Draw.BLUR, config.blur)):
        images[row] = blurred(images[row], sigmas[row])
    shares = draws.uniform(Draw.DOWNSCALE_TO, *config.downscale_to)
    sides = np.clip(np.rint(size * shares), min(SMALLEST, size), size).astype(np.int64)
    for row in np.flatnonzero(draws.happens(Draw.DOWNSCALE, config.downscale)):
        images[row] = resized(resized(images[row], int(sides[row])), size)
    qualities = draws.integer(Draw.JPEG_QUALITY, *config.jpeg_quality)
    for row in np.flatnonzero(draws.happens(Draw.JPEG, config.jpeg)):
        images[row] = compressed(images[row], int(qualities[row]))


def blurred(image: Tensor, sigma: float) -> Tensor:
    """Convolve (3, size, size) uint8 with a Gaussian of `sigma` pixels that reaches to three of them."""
    width = min(2 * math.ceil(3 * sigma) + 1, _largest_odd(image.shape[-1]))
    smooth: Tensor = functional.gaussian_blur(image, [width, width], [sigma, sigma])
    return smooth


def compressed(image: Tensor, quality: int) -> Tensor:
    """(3, size, size) uint8 after JPEG of a quality in 1..100, colours at half the resolution as is usual.

    torchvision's own `jpeg` rests on codecs that it deprecates.
    """
    pixels = image.permute(1, 2, 0).contiguous().numpy()
    return torch.from_numpy(jpeg_round_trip(pixels, quality)).permute(2, 0, 1)


def _largest_odd(size: int) -> int:
    return size - 1 + size % 2
