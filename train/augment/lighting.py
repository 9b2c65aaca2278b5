"""Photometric augmentation: contrast, brightness, colour balance, saturation."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from train.augment.config import AugmentConfig
from train.augment.draws import Draw, Draws

LUMA = (0.299, 0.587, 0.114)  # of red, green, blue: ITU-R BT.601
CHUNK = 4  # crops that are float at a time: they stay in the processor's cache


class Lighting(NamedTuple):
    """How N crops are lit: each value x becomes slope·x + pull·mean, then its distance from grey scales."""

    slope: NDArray[np.float32]  # (N, 3, 1, 1) contrast times gain
    pull: NDArray[np.float64]  # (N, 3, 1, 1) (1 - contrast) times gain
    saturation: NDArray[np.float32] | None  # (N, 1, 1, 1); None where all are 1

    def rows(self, rows: slice) -> "Lighting":
        saturation = None if self.saturation is None else self.saturation[rows]
        return Lighting(self.slope[rows], self.pull[rows], saturation)


def relight(images: Tensor, config: AugmentConfig, draws: Draws) -> None:
    """Light each of the images (N, 3, size, size) uint8 anew, in place.

    Contrast is about the mean of all values of the crop; brightness and colour balance multiply the channels;
    saturation moves each pixel from or to its luma. Values are rounded and kept within 0..255 once, at last.
    """
    if not (config.contrast or config.brightness or config.colour or config.saturation or config.grey):
        return
    lighting = _lighting(config, draws)
    pixels = images.numpy()  # several threads of torch take twice as long here as one of NumPy
    for start in range(0, len(images), CHUNK):
        rows = slice(start, start + CHUNK)
        lit = _lit(pixels[rows].astype(np.float32), lighting.rows(rows))
        np.copyto(pixels[rows], lit, casting="unsafe")


def _lighting(config: AugmentConfig, draws: Draws) -> Lighting:
    channels = [draws.change(draw, config.colour) for draw in (Draw.RED, Draw.GREEN, Draw.BLUE)]
    gain = np.stack(channels, axis=1) * draws.change(Draw.BRIGHTNESS, config.brightness)[:, None]
    contrast = draws.change(Draw.CONTRAST, config.contrast)[:, None]
    saturation = draws.change(Draw.SATURATION, config.saturation)[:, None]
    saturation[draws.happens(Draw.GREY, config.grey)] = 0
    is_coloured = config.saturation > 0 or config.grey > 0
    return Lighting(
        _spread(contrast * gain).astype(np.float32),
        _spread((1 - contrast) * gain),
        _spread(saturation).astype(np.float32) if is_coloured else None,
    )


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, channels, 1, 1) from (N, channels)."""
    return values[:, :, None, None]


def _lit(images: NDArray[np.float32], lighting: Lighting) -> NDArray[np.float32]:
    """Float images, whole numbers before, after: to be truncated to uint8. `images` is used up.

    Only sums of whole numbers and operations on single values, with no fused multiplication and addition: so
    the bytes do not depend on the number of crops or threads.
    """
    rows = images.sum(axis=3, keepdims=True).astype(np.float64)  # exact: whole numbers below 2²⁴
    mean = rows.sum(axis=(1, 2, 3), keepdims=True) / images[0].size
    offset = (lighting.pull * mean + 0.5).astype(np.float32)  # 0.5: truncation rounds
    images *= lighting.slope
    images += offset
    if lighting.saturation is not None:
        luma = images[:, :1] * LUMA[0]
        for channel in (1, 2):
            luma += images[:, channel : channel + 1] * LUMA[channel]
        luma *= 1 - lighting.saturation
        images *= lighting.saturation
        images += luma
    return np.clip(images, 0, 255, out=images)
