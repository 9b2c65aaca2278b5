"""Random erasing (Zhong et al., "Random erasing data augmentation", AAAI 2020)."""

import numpy as np
import torch
from torch import Tensor

from train.augment.config import AugmentConfig
from train.augment.draws import Draw, Draws

LARGEST_ASPECT = 2.0  # of the rectangle: height to width, or width to height
GREY = 128


def occlude(images: Tensor, config: AugmentConfig, draws: Draws) -> None:
    """Cover a rectangle of some of the images (N, 3, size, size) uint8, with grey or with noise, in place.

    It lies within the image and covers no more than the largest `occlusion_area`, nor less than a pixel.
    """
    size = images.shape[-1]
    sides = size * np.sqrt(draws.uniform(Draw.OCCLUSION_AREA, *config.occlusion_area))
    stretch = LARGEST_ASPECT ** draws.uniform(Draw.OCCLUSION_SHAPE, -0.5, 0.5)
    heights = np.clip(np.floor(sides * stretch), 1, size).astype(np.int64)
    widths = np.clip(np.floor(sides / stretch), 1, size).astype(np.int64)
    tops = draws.integer(Draw.OCCLUSION_TOP, 0, size - heights)
    lefts = draws.integer(Draw.OCCLUSION_LEFT, 0, size - widths)
    noisy = draws.happens(Draw.OCCLUSION_FILL, 0.5)
    for row in np.flatnonzero(draws.happens(Draw.OCCLUSION, config.occlusion)):
        top, left, height, width = (int(values[row]) for values in (tops, lefts, heights, widths))
        covered = images[row, :, top : top + height, left : left + width]
        if noisy[row]:
            noise = draws.noise(int(row), 3 * height * width)
            covered.copy_(torch.from_numpy(noise).view(covered.shape))
        else:
            covered.fill_(GREY)
