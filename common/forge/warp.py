"""Moving the pixels of a crop: affine maps and smooth fields of displacement."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.chance import Chance
from common.forge.face import Floats


def smooth_field(chance: Chance, size: int, grid: int, strength: float) -> Floats:
    """A random displacement, (size, size, 2) float32: x and y in pixels, `strength` their deviation.

    The numbers of a grid × grid net, spread smoothly in between.
    """
    net = chance.normal(grid, grid, 2) * np.float32(strength)
    return cv2.resize(net, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


def affine_field(
    size: int, middle: NDArray[np.floating], angle: float, scale: float, shift: NDArray[np.floating]
) -> Floats:
    """Where each pixel of a turned, scaled and moved picture comes from, as a displacement (size, size, 2).

    Args:
        size: pixels of the crop.
        middle: (2,) x, y that the picture is turned about.
        angle: degrees, anticlockwise.
        scale: above 1 enlarges.
        shift: (2,) x, y in pixels, to the right and down.
    """
    turn = np.deg2rad(angle)
    cosine, sine = np.cos(turn) / scale, np.sin(turn) / scale
    steps = np.arange(size, dtype=np.float64)
    x, y = steps - (middle[0] + shift[0]), steps - (middle[1] + shift[1])
    field = np.empty((size, size, 2), np.float32)
    field[..., 0] = (cosine * x + middle[0] - steps)[None, :] - (sine * y)[:, None]
    field[..., 1] = (sine * x)[None, :] + (cosine * y + middle[1] - steps)[:, None]
    return field


def displaced(image: Floats, field: Floats, interpolation: int = cv2.INTER_LINEAR) -> Floats:
    """The image (size, size[, 3]) with the value of p + field(p) at each pixel p; the border repeats."""
    moved: Floats = cv2.remap(  # type: ignore[call-overload]
        image, _places(image.shape[0]) + field, None, interpolation, borderMode=cv2.BORDER_REPLICATE
    )
    return moved


@lru_cache(maxsize=8)
def coordinates(size: int) -> tuple[Floats, Floats]:
    """The column and the row of every pixel, (size, size) float32 each; not to be written to."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    for values in (columns, rows):
        values.flags.writeable = False
    return columns, rows


@lru_cache(maxsize=8)
def _places(size: int) -> Floats:
    """x and y of every pixel, (size, size, 2) float32; not to be written to."""
    places = np.stack(coordinates(size), axis=2)
    places.flags.writeable = False
    return places
