"""Out-of-focus backgrounds."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.noise import smooth_noise, smoothstep

Array = NDArray[np.float32]


def paint_background(rng: np.random.Generator, side: int) -> Array:
    """A blurred scene float32 (side, side, 3), linear RGB 0..1: a wall, a room, or a street of blobs."""
    # everything is blurred, so half the resolution is enough
    full, side = side, side // 2
    kind = rng.integers(3)
    value = float(np.exp(rng.uniform(np.log(0.05), np.log(0.65))))
    base = value * (0.6 + 0.4 * rng.dirichlet([6.0, 6.0, 6.0]) * 3).astype(np.float32)
    scene = np.empty((side, side, 3), np.float32)
    scene[:] = base
    gradient = np.linspace(-1, 1, side, dtype=np.float32)
    tilt = rng.normal(0, 0.28, 2).astype(np.float32)
    scene *= np.exp(tilt[0] * gradient[:, None] + tilt[1] * gradient[None])[..., None]
    if kind == 1:
        _draw_room(rng, scene)
    elif kind == 2:
        _draw_blobs(rng, scene)
    scene *= np.exp(0.07 * smooth_noise(rng, (side, side), (30, 30)))[..., None]
    soft = cv2.GaussianBlur(scene, (0, 0), float(rng.uniform(0.8, 3.5)))
    np.clip(soft, np.float32(0.004), np.float32(1), out=soft)
    return cv2.resize(soft, (full, full), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _draw_room(rng: np.random.Generator, scene: Array) -> None:
    side = scene.shape[0]
    for _ in range(int(rng.integers(3, 9))):
        colour = np.exp(rng.uniform(np.log(0.03), np.log(0.7))) * (
            0.6 + 0.4 * rng.dirichlet([3.0, 3.0, 3.0]) * 3
        )
        x, y = rng.uniform(-20, side, 2)
        width, height = rng.uniform(10, 65, 2)
        corner = (int(x), int(y)), (int(x + width), int(y + height))
        cv2.rectangle(scene, *corner, [float(c) for c in colour], -1, cv2.LINE_8)


def _draw_blobs(rng: np.random.Generator, scene: Array) -> None:
    side = scene.shape[0]
    for _ in range(int(rng.integers(6, 14))):
        radius = float(rng.uniform(4, 19))
        cx, cy = rng.uniform(-5, side + 5, 2)
        colour = np.exp(rng.uniform(np.log(0.04), np.log(0.9))) * (
            0.55 + 0.45 * rng.dirichlet([2.0, 2.0, 2.0]) * 3
        )
        rows, columns = (slice(max(0, int(c - radius)), int(c + radius) + 2) for c in (cy, cx))
        part = scene[rows, columns]
        y = np.arange(rows.start, rows.start + part.shape[0], dtype=np.float32) - np.float32(cy)
        x = np.arange(columns.start, columns.start + part.shape[1], dtype=np.float32) - np.float32(cx)
        disc = smoothstep(radius, radius * 0.85, np.hypot(x[None], y[:, None]))[..., None] * np.float32(0.7)
        part += (colour.astype(np.float32) - part) * disc
