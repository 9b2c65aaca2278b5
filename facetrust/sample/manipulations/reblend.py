"""Family reblend: the inner face photographed again and blended in, with a seam and other colours."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from facetrust.sample.manipulations.insertion import face_height, inserted, recoloured, resampled, seam_mask
from facetrust.sample.people.expression import Expression
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.light import Light
from facetrust.sample.photography.photograph import Photograph, render_face_over


def reblend(
    person: Person, conditions: Conditions, photograph: Photograph, rng: np.random.Generator
) -> Image:
    """Replace the inner face by another rendering of the same person under other light."""
    old, new = conditions.light, Light.random(rng)
    towards = np.asarray(old.direction) * 0.6 + np.asarray(new.direction) * 0.4
    x, y, z = (float(value) for value in towards / np.linalg.norm(towards))
    expression = conditions.expression if rng.random() < 0.5 else Expression.random(rng)
    light = replace(old, direction=(x, y, z), softness=new.softness)
    other = render_face_over(person, replace(conditions, light=light, expression=expression), photograph)
    step = 0.018 * face_height(photograph)
    angle, size = float(rng.normal(0, 1.2)), float(1 + rng.normal(0, 0.018))
    middle = photograph.landmarks.mean(axis=0)
    move = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, size)
    move[:, 2] = move[:, 2] + rng.normal(0, step, 2)
    side = other.shape[0]
    shifted = cv2.warpAffine(
        other, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    altered = recoloured(resampled(shifted.astype(np.float32, copy=False), rng), rng, 1.1)
    return inserted(photograph.image, altered, seam_mask(photograph, rng), float(rng.uniform(0.85, 1.0)))
