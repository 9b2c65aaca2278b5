"""A recording of a person: frames, and where the landmarks lie in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.clips.movement import Moment
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image, automatic_gain, develop, sensed
from facetrust.sample.photography.photograph import Scene, expose


@dataclass(frozen=True)
class Recording:
    """What a camera filmed.

    frames: each uint8 (250, 250, 3) RGB, with the noise of the sensor, not compressed.
    landmarks: of each, float32 (5, 2) as in Photograph.
    """

    frames: list[Image]
    landmarks: list[NDArray[np.float32]]


def record(person: Person, moments: Sequence[Moment]) -> Recording:
    """Film a person at every moment; the exposure is that of the first."""
    scene, gain = Scene.of(person, moments[0].conditions), 0.0
    frames, landmarks = [], []
    for moment in moments:
        now = moment.conditions
        seen = expose(person, now, Scene(scene.torso, _shifted(scene.background, moment.shake)))
        gain = gain or automatic_gain(seen.linear, seen.face_mask)
        frames.append(sensed(now.camera, develop(now.camera, seen.linear, gain)))
        landmarks.append(seen.landmarks)
    return Recording(frames, landmarks)


def _shifted(background: NDArray[np.float32], shift: Sequence[float]) -> NDArray[np.float32]:
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = (background.shape[1], background.shape[0])
    moved = cv2.warpAffine(background, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32, copy=False)
