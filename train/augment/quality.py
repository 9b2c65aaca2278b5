"""Degradation: blur, downscaling, JPEG compression."""

import math

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.formats.jpeg import jpeg_round_trip
from train.augment.config import AugmentConfig
from train.augment.draws import Draw, Draws
from train.augment.resize import SMALLEST, resized

Pixels = NDArray[np.uint8]


def degrade(images: Tensor, config: AugmentConfig, draws: Draws) -> None:
    """Blur, reduce or compress some of the images (N, 3, size, size) uint8, each as it is drawn, in place."""
    size = images.shape[-1]
    is_blurred = draws.happens(Draw.BLUR, config.blur)
    sigmas = draws.uniform(Draw.BLUR_SIGMA, *config.blur_sigma)
    is_reduced = draws.happens(Draw.DOWNSCALE, config.downscale)
    shares = draws.uniform(Draw.DOWNSCALE_TO, *config.downscale_to)
    sides = np.clip(np.rint(size * shares), min(SMALLEST, size), size).astype(np.int64)
    is_compressed = draws.happens(Draw.JPEG, config.jpeg)
    qualities = draws.integer(Draw.JPEG_QUALITY, *config.jpeg_quality)

    for row in np.flatnonzero(is_blurred | is_reduced | is_compressed):
        planes = images[row].numpy()
        pixels = cv2.merge(list(planes))
        if is_blurred[row]:
            pixels = blurred(pixels, sigmas[row])
        if is_reduced[row]:
            picture = torch.from_numpy(pixels).permute(2, 0, 1)
            pixels = resized(resized(picture, int(sides[row])), size).permute(1, 2, 0).numpy()
        if is_compressed[row]:
            pixels = jpeg_round_trip(pixels, int(qualities[row]))
        for plane, values in zip(planes, cv2.split(pixels), strict=True):
            plane[:] = values


def blurred(image: Pixels, sigma: float) -> Pixels:
    """Convolve (size, size, 3) with a Gaussian of `sigma` pixels that reaches to three of them.

    OpenCV counts in whole numbers, on every machine alike, with weights in 256ths: values are off by 3 at
    most, by half of one on average.
    """
    width = min(2 * math.ceil(3 * sigma) + 1, _largest_odd(image.shape[0]))
    smooth = cv2.GaussianBlur(image, (width, width), sigma, borderType=cv2.BORDER_REFLECT_101)
    return smooth  # type: ignore[return-value]  # OpenCV's stubs say less


def _largest_odd(size: int) -> int:
    return size - 1 + size % 2
