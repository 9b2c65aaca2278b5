"""Family upsampling: the face decoded from a small grid by a generator's upsampling layers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.manipulations.insertion import inserted, recoloured, seam_mask
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import Photograph

Array = NDArray[np.float32]


def upsampling(
    person: Person, conditions: Conditions, photograph: Photograph, rng: np.random.Generator
) -> Image:
    """Decode the face from a third to a half of its resolution; leaves a grid and loses fine detail."""
    del person, conditions  # everything it needs is in the photograph
    picture = photograph.image.astype(np.float32)
    factor = int(rng.choice([2, 3, 4], p=[0.6, 0.32, 0.08]))
    start = rng.integers(0, factor, 2)
    side = (picture.shape[0] - factor) // factor * factor
    rows, columns = (slice(int(s), int(s) + side) for s in start)
    region = picture[rows, columns]
    code = cv2.resize(region, (side // factor, side // factor), interpolation=cv2.INTER_AREA)
    sharp = code + (code - cv2.GaussianBlur(code, (0, 0), 1.2)) * np.float32(rng.uniform(0.2, 0.8))
    levels = np.float32(rng.uniform(4.0, 9.0))
    coarse = (np.round(sharp / levels) * levels).astype(np.float32, copy=False)
    decoded = _transposed(coarse, factor, rng) if rng.random() < 0.6 else _nearest(coarse, factor, rng)
    altered = picture.copy()
    altered[rows, columns] = recoloured(decoded, rng, 0.55)
    return inserted(photograph.image, altered, seam_mask(photograph, rng), float(rng.uniform(0.85, 1.0)))


def _transposed(code: Array, factor: int, rng: np.random.Generator) -> Array:
    """Transposed convolution whose kernel does not divide by the stride: uneven overlap, a checkerboard."""
    side = code.shape[0] * factor
    sparse = np.zeros((side, side, 3), np.float32)
    sparse[::factor, ::factor] = code * np.float32(factor * factor)
    line = cv2.getGaussianKernel(2 * factor + 1, 0.55 * factor).astype(np.float32)[:, 0]
    kernel = np.outer(line, line)
    kernel *= 1 + 0.10 * rng.standard_normal(kernel.shape, dtype=np.float32)
    kernel /= kernel.sum()
    decoded = cv2.filter2D(sparse, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return _with_grid(decoded.astype(np.float32, copy=False), factor, float(rng.uniform(0.02, 0.045)))


def _nearest(code: Array, factor: int, rng: np.random.Generator) -> Array:
    """Nearest-neighbour upsampling and a small convolution: blocks that are not quite smoothed away."""
    side = code.shape[0] * factor
    blocks = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    line = cv2.getGaussianKernel(3, float(rng.uniform(0.55, 0.85))).astype(np.float32)
    smooth = cv2.sepFilter2D(blocks, -1, line, line).astype(np.float32, copy=False)
    return _with_grid(smooth, factor, float(rng.uniform(0.01, 0.03)))


def _with_grid(decoded: Array, factor: int, depth: float) -> Array:
    rows, columns = np.indices(decoded.shape[:2])
    phase = np.cos(2 * np.pi * rows / factor) + np.cos(2 * np.pi * columns / factor)
    marked: Array = (decoded * (1 + depth * 0.5 * phase)[..., None]).astype(np.float32)
    return marked
