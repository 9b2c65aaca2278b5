"""What every face generator does last: resample its face and paste it into the captured photograph."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.noise import smooth_noise
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import Photograph

Array = NDArray[np.float32]

Manipulation = Callable[[Person, Conditions, Photograph, np.random.Generator], Image]
"""(person, conditions, photograph taken under them, randomness) -> uint8 (250, 250, 3) RGB, not yet saved."""


def face_height(photograph: Photograph) -> float:
    """Brows to chin in pixels, from the distance between eyes and mouth."""
    points = photograph.landmarks
    return float(np.linalg.norm(points[:2].mean(axis=0) - points[3:].mean(axis=0))) * 135 / 72


def seam_mask(photograph: Photograph, rng: np.random.Generator) -> Array:
    """A face-shaped mask float32 (250, 250) 0..1 with an uneven outline and a seam 1 to 4 pixels wide."""
    wavy = photograph.face_mask + 0.16 * smooth_noise(rng, photograph.face_mask.shape, (30, 30))
    wavy *= photograph.face_mask > 0.02
    level = float(rng.uniform(0.35, 0.6))
    hard = (wavy > level).astype(np.float32)
    return cv2.GaussianBlur(hard, (0, 0), float(rng.uniform(1.0, 3.2))).astype(np.float32)


def resampled(
    picture: Array, rng: np.random.Generator, smallest: float = 0.38, largest: float = 0.60
) -> Array:
    """The picture after a trip through a generator's smaller grid, float32 (H, W, 3)."""
    height, width = picture.shape[:2]
    factor = float(rng.uniform(smallest, largest))
    small = cv2.resize(picture, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    back = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
    return cv2.resize(small, (width, height), interpolation=back).astype(np.float32)


def recoloured(picture: Array, rng: np.random.Generator, strength: float = 1.0) -> Array:
    """The picture with other gains, brightness and contrast: a mismatch between two sources, float32."""
    gain = np.exp(rng.normal(0, 0.03 * strength, 3)).astype(np.float32)
    tint = rng.normal(0, 1, 3)
    tint = tint / np.linalg.norm(tint) * rng.uniform(5.0, 11.0) * strength
    contrast = np.float32(1 + strength * rng.normal(0, 0.06))
    return ((picture - 128) * contrast + 128) * gain + tint.astype(np.float32)


def inserted(captured: Image, altered: Array, mask: Array, alpha: float = 1.0) -> Image:
    """`altered` (0..255) blended into `captured` through `mask` (H, W), as uint8."""
    share = (np.clip(mask, 0, 1) * np.float32(alpha))[..., None]
    base = captured.astype(np.float32)
    return np.clip(np.round(base + (altered - base) * share), 0, 255).astype(np.uint8)
