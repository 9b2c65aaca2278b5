"""Self-blending as its authors published it, written straightforwardly: the peer.

Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022, and the code that goes with
it (github.com/mapooon/SelfBlendedImages). The outline of the face is given, and the deformed picture, which
that code makes and drops, is not made.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]

Picture = NDArray[Any]  # (size, size[, 3])

RATIOS = (0.25, 0.5, 0.75, 1, 1, 1)


def published_self_blend(image: Picture, outline: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """A forgery of a crop (size, size, 3) whose face lies within an outline (N, 2) in pixels."""
    mask = np.zeros(image.shape[:2])
    cv2.fillConvexPoly(mask, outline.astype(np.int32), 1.0)
    source: Picture = image
    target: Picture = image
    if rng.random() < 0.5:
        source = _changed(source, rng)
    else:
        target = _changed(target, rng)
    matrix = _affine(len(image), rng)
    source = cv2.warpAffine(source, matrix, mask.shape)
    mask = _elastic(cv2.warpAffine(mask, matrix, mask.shape), rng)
    blurred = _blurred(mask, rng)[..., None] * rng.choice(RATIOS)
    return (blurred * source + (1 - blurred) * target).astype(np.uint8)


def _changed(image: Picture, rng: np.random.Generator) -> Picture:
    levels = np.arange(256, dtype=np.float64)
    if rng.random() < 0.3:
        tables = np.clip(levels[:, None] + rng.uniform(-20, 20, 3), 0, 255).astype(np.uint8)
        image = cv2.LUT(image, tables[None])
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    moved = [np.clip(levels + shift, 0, 255).astype(np.uint8) for shift in rng.uniform(-0.3, 0.3, 3)]
    image = cv2.cvtColor(cv2.LUT(hsv, np.stack(moved, axis=1)[None]), cv2.COLOR_HSV2RGB)
    contrast, brightness = 1 + rng.uniform(-0.1, 0.1), rng.uniform(-0.1, 0.1)
    table = np.clip(levels * contrast + brightness * 255, 0, 255).astype(np.uint8)
    image = cv2.LUT(image, table)
    if rng.random() < 0.5:
        size, ratio = len(image), int(rng.choice([2, 4]))
        small = cv2.resize(image, (size // ratio, size // ratio), interpolation=cv2.INTER_NEAREST)
        return cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    alpha, lightness = rng.uniform(0.2, 0.5), rng.uniform(0.5, 1.0)
    kernel = np.full((3, 3), -alpha)
    kernel[1, 1] = 1 - alpha + alpha * (8 + lightness)
    return cv2.filter2D(image, -1, kernel)


def _affine(size: int, rng: np.random.Generator) -> NDArray[Any]:
    scale = rng.uniform(0.95, 1 / 0.95)
    matrix: NDArray[Any] = cv2.getRotationMatrix2D((size / 2, size / 2), 0, scale)
    matrix[:, 2] += rng.uniform(-1, 1, 2) * np.array([0.03, 0.015]) * size
    return matrix


def _elastic(mask: Picture, rng: np.random.Generator) -> Picture:
    height, width = mask.shape
    moved = [50 * gaussian_filter(rng.uniform(-1, 1, mask.shape), 7) for _ in range(2)]
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    return cv2.remap(
        mask,
        (columns + moved[0]).astype(np.float32),
        (rows + moved[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _blurred(mask: Picture, rng: np.random.Generator) -> Picture:
    """Shrunk and softened, at a size of its own."""
    height, width = mask.shape
    side_x, side_y = rng.integers(192, 257, 2).tolist()
    large = cv2.resize(mask, (side_x, side_y))
    first, second = (2 * rng.integers(2, 13, 2) + 1).tolist()
    inner: Picture = cv2.GaussianBlur(large, (first, first), 0)
    inner /= inner.max()
    inner[inner < 1] = 0
    soft: Picture = cv2.GaussianBlur(inner, (second, second), float(rng.integers(5, 46)))
    return cv2.resize(soft / soft.max(), (width, height))
