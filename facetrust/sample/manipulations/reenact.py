"""Family reenact (test pairs only): mouth and eyes of another expression pasted onto the photograph."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.manipulations.insertion import face_height, inserted, recoloured, resampled
from facetrust.sample.people.expression import Expression
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import Photograph, render_face_over

Array = NDArray[np.float32]


def reenact(
    person: Person, conditions: Conditions, photograph: Photograph, rng: np.random.Generator
) -> Image:
    """Give the face another expression by pasting the regions that speak."""
    other = render_face_over(
        person, replace(conditions, expression=_other(conditions.expression, rng)), photograph
    )
    unit = face_height(photograph)
    move = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    move[:, 2] = rng.normal(0, 0.013 * unit, 2)
    side = other.shape[0]
    shifted = cv2.warpAffine(
        other, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    altered = recoloured(resampled(shifted.astype(np.float32, copy=False), rng), rng, 1.3)
    return inserted(photograph.image, altered, _regions(photograph, unit, rng), float(rng.uniform(0.9, 1.0)))


def _other(old: Expression, rng: np.random.Generator) -> Expression:
    """An expression whose mouth and eyes differ visibly from the old one's."""
    mouth = float(rng.uniform(0.35, 0.8)) if old.mouth_open < 0.25 else 0.0
    smile = float(rng.uniform(0.5, 1.0)) if old.smile < 0.4 else float(rng.uniform(0.0, 0.1))
    return replace(
        old,
        mouth_open=mouth,
        smile=smile,
        brow_raise=0.0 if old.brow_raise > 0.3 else 0.7,
        squint=0.0 if old.squint > 0.3 else 0.5,
        gaze_x=old.gaze_x + float(rng.normal(0, 9)),
    )


def _regions(photograph: Photograph, unit: float, rng: np.random.Generator) -> Array:
    """Soft ellipses over both eyes and the mouth, turned with the face, inside the face mask."""
    left, right = photograph.landmarks[0], photograph.landmarks[1]
    angle = float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))
    mask = np.zeros(photograph.face_mask.shape, np.uint8)
    mouth = photograph.landmarks[3:].mean(axis=0)
    grow = float(rng.uniform(0.95, 1.2))
    spots = [(left, 0.25, 0.19), (right, 0.25, 0.19), (mouth, 0.36, 0.26)]
    for (x, y), wide, high in spots:
        axes = (round(wide * unit * grow), round(high * unit * grow))
        cv2.ellipse(mask, (round(float(x)), round(float(y))), axes, angle, 0, 360, 255, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), float(rng.uniform(1.2, 3.0)))
    return (soft * np.clip(photograph.face_mask * 4, 0, 1)).astype(np.float32, copy=False)
