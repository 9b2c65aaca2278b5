"""Family smoothwarp: parts of the face pushed around and the skin smoothed, as a retouching filter does."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.manipulations.insertion import face_height, inserted, recoloured, resampled, seam_mask
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import Photograph

Array = NDArray[np.float32]


def smoothwarp(
    person: Person, conditions: Conditions, photograph: Photograph, rng: np.random.Generator
) -> Image:
    """Resize the eyes, the nose, the mouth and the jaw by local warps, and over-smooth the skin."""
    del person, conditions  # everything it needs is in the photograph
    source_x, source_y = _warp(photograph, rng)
    picture = photograph.image.astype(np.float32)
    warped = cv2.remap(picture, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        smooth = cv2.bilateralFilter(warped, 7, float(rng.uniform(22, 40)), float(rng.uniform(2.0, 3.5)))
    else:
        smooth = cv2.GaussianBlur(warped, (0, 0), float(rng.uniform(1.1, 1.8)))
    altered = recoloured(resampled(smooth.astype(np.float32, copy=False), rng, 0.42, 0.65), rng, 0.7)
    return inserted(photograph.image, altered, seam_mask(photograph, rng), float(rng.uniform(0.85, 1.0)))


def _warp(photograph: Photograph, rng: np.random.Generator) -> tuple[Array, Array]:
    """Source coordinates of every pixel: scaled discs around the landmarks and a sideways pull of the jaw."""
    height, width = photograph.face_mask.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    source_x, source_y = x.copy(), y.copy()
    unit = face_height(photograph)
    points = photograph.landmarks
    jaw = points[3:].mean(axis=0) + (points[3:].mean(axis=0) - points[:2].mean(axis=0)) * 0.45
    eye_scale = _sign(rng) * rng.uniform(0.10, 0.20)
    spots = [
        (points[0], eye_scale, 0.17),
        (points[1], eye_scale, 0.17),
        (points[2], _sign(rng) * rng.uniform(0.10, 0.20), 0.17),
        (points[3:].mean(axis=0), _sign(rng) * rng.uniform(0.08, 0.16), 0.22),
        (jaw, _sign(rng) * rng.uniform(0.05, 0.12), 0.30),
    ]
    for (cx, cy), scale, reach in spots:
        near = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / np.float32((reach * unit) ** 2))
        source_x += (x - cx) * near * np.float32(scale)
        source_y += (y - cy) * near * np.float32(scale)
    return source_x, source_y


def _sign(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.5 else -1.0
