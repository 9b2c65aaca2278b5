"""Smooth random fields and soft steps that every painter of the sample uses."""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smoothstep(low: float, high: float, value: Field) -> Field:
    """0 below `low`, 1 above `high`, a cubic in between; `low` > `high` falls instead of rising."""
    t = np.asarray(value, np.float32) - np.float32(low)
    t *= np.float32(1 / (high - low))
    np.maximum(t, np.float32(0), out=t)
    np.minimum(t, np.float32(1), out=t)
    cubic = np.float32(3) - np.float32(2) * t
    cubic *= t
    cubic *= t
    return cubic


def bump(x: Field, y: Field, x0: float, y0: float, sx: float, sy: float) -> Field:
    """A Gaussian of height 1 at (x0, y0) with the standard deviations sx and sy."""
    a = (x - np.float32(x0)) * np.float32(0.5**0.5 / sx)
    b = (y - np.float32(y0)) * np.float32(0.5**0.5 / sy)
    a *= a
    b *= b
    a += b
    np.negative(a, out=a)
    height: Field = np.exp(a, out=a)
    return height


def ridge(distance: Field, width: float) -> Field:
    """A Gaussian of height 1 along distance 0 with the standard deviation `width`."""
    a = np.asarray(distance, np.float32) * np.float32(0.5**0.5 / width)
    a *= a
    np.negative(a, out=a)
    height: Field = np.exp(a, out=a)
    return height


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cell: tuple[float, float]) -> Field:
    """Gaussian noise float32 `shape`, variance about 1, features of about `cell` = (rows, columns)."""
    rows = max(2, round(shape[0] / cell[0]) + 1)
    columns = max(2, round(shape[1] / cell[1]) + 1)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC).astype(
        np.float32, copy=False
    )
