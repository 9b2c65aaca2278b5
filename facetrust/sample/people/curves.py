"""Smooth curves through a few points, without overshoot."""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_curve(points: dict[float, float], at: Field) -> Field:
    """Monotone cubic interpolation (Fritsch and Butland) of value by position; constant outside."""
    position = np.array(list(points), np.float64)
    value = np.array(list(points.values()), np.float64)
    width = np.diff(position)
    slope = np.diff(value) / width
    tangent = np.zeros_like(value)
    before, after = slope[:-1], slope[1:]
    turning = before * after <= 0
    total = np.where(turning, 1.0, before + after)
    tangent[1:-1] = np.where(turning, 0.0, 2 * before * after / total)
    tangent[0], tangent[-1] = slope[0], slope[-1]
    where = np.clip(at, position[0], position[-1]).astype(np.float64)
    i = np.clip(np.searchsorted(position, where, side="right") - 1, 0, len(width) - 1)
    t = (where - position[i]) / width[i]
    square, cube = t * t, t * t * t
    curve = (2 * cube - 3 * square + 1) * value[i] + (3 * square - 2 * cube) * value[i + 1]
    curve += width[i] * ((cube - 2 * square + t) * tangent[i] + (cube - square) * tangent[i + 1])
    return curve.astype(np.float32)
