"""How a person who is filmed moves and speaks, and how camera and light drift."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facetrust.sample.clips.plan import RATE
from facetrust.sample.people.expression import Expression
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.light import Light
from facetrust.sample.photography.photograph import NECK_TO_FACE, rotation

Course = NDArray[np.float64]  # (frames,), a value that changes over time

_SPEAKS = 0.8  # share of the people
_SWAY = 0.75  # of a turn's way about the neck that the face goes; shoulders go the rest, the other way
_MOST_YAW = 26.0  # degrees; beyond it a detector begins to lose faces


@dataclass(frozen=True)
class Moment:
    """One frame to be taken: conditions, and how far camera shake moves all there is, pixels (x, y)."""

    conditions: Conditions
    shake: tuple[float, float]


def filmed(rng: np.random.Generator, frames: int) -> list[Moment]:
    """The frames of one recording: the same place, clothes and camera throughout."""
    base = Conditions.random(rng)
    base = replace(
        base,
        scale=float(rng.uniform(84, 112)) / 135.0,
        centre=(float(125 + rng.uniform(-8, 8)), float(128 + rng.uniform(-6, 8))),
        camera=replace(base.camera, motion=0.0),
    )
    seconds = np.arange(frames) / RATE
    turning = rng.uniform(5, 15) * np.sin(2 * np.pi * (rng.uniform(0.15, 0.4) * seconds + rng.random()))
    yaw = np.clip(base.yaw + turning + _drift(rng, seconds, 2.0, 0.8), -_MOST_YAW, _MOST_YAW)
    pitch = base.pitch + _drift(rng, seconds, 4.0, 0.7)
    roll = base.roll + _drift(rng, seconds, 3.0, 0.6)
    poses = np.stack([yaw, pitch, roll], axis=1).tolist()
    places = np.stack([rotation(*pose) @ NECK_TO_FACE for pose in poses])[:, :2]
    shake = np.stack([_drift(rng, seconds, 2.5, 0.5) + _drift(rng, seconds, 0.5, 4.0) for _ in "xy"], axis=1)
    centre = np.asarray(base.centre) + _SWAY * base.scale * (places - places.mean(axis=0)) + shake
    expressions = _expressions(rng, base.expression, seconds, yaw - base.yaw)
    lights = _lights(rng, base.light, seconds)
    noise = rng.integers(2**31, size=frames)
    moments = []
    for i in range(frames):
        conditions = replace(
            base,
            yaw=poses[i][0],
            pitch=poses[i][1],
            roll=poses[i][2],
            centre=_two(centre[i]),
            expression=expressions[i],
            light=lights[i],
            camera=replace(base.camera, noise_seed=int(noise[i])),
        )
        moments.append(Moment(conditions, _two(shake[i])))
    return moments


def _drift(rng: np.random.Generator, seconds: Course, most: float, fastest: float) -> Course:
    """A smooth movement about 0, |value| ≤ most: three sines of up to `fastest` Hz."""
    speed, phase, share = rng.uniform(0.2, 1.0, 3) * fastest, rng.random(3), rng.dirichlet([2.0, 2.0, 2.0])
    waves: Course = np.sin(2 * np.pi * (seconds[:, None] * speed + phase)) @ share
    return most * waves


def _expressions(
    rng: np.random.Generator, base: Expression, seconds: Course, turned: Course
) -> list[Expression]:
    """The face over time: phrases of syllables, blinks, and eyes that mostly stay on the camera."""
    speaks = rng.random() < _SPEAKS
    phrase = np.clip(0.6 + _drift(rng, seconds, 1.2, 0.8), 0, 1)
    syllables = np.clip(0.3 + _drift(rng, seconds, 1.1, 5.0), 0, 1)
    mouth = rng.uniform(0.45, 0.75) * phrase * syllables if speaks else np.full(len(seconds), base.mouth_open)
    smile = np.clip(base.smile * (0.6 if speaks else 1.0) + _drift(rng, seconds, 0.15, 0.5), 0, 1)
    brows = np.clip(0.5 * base.brow_raise + _drift(rng, seconds, 0.3, 0.7), 0, 1)
    blink = _blinks(rng, seconds)
    return [
        replace(
            base,
            smile=float(smile[i]),
            mouth_open=float(mouth[i]),
            brow_raise=float(brows[i]),
            blink=float(blink[i]),
            gaze_x=base.gaze_x - 0.6 * float(turned[i]),
        )
        for i in range(len(seconds))
    ]


def _blinks(rng: np.random.Generator, seconds: Course) -> Course:
    """Closed lids (1) for moments of about a fifth of a second, one to three seconds apart."""
    closed = np.zeros(len(seconds))
    moment = rng.uniform(0.2, 1.5)
    while moment < seconds[-1]:
        closed = np.maximum(closed, np.exp(-0.5 * ((seconds - moment) / 0.055) ** 2))
        moment += rng.uniform(1.0, 3.0)
    return 0.97 * closed


def _lights(rng: np.random.Generator, base: Light, seconds: Course) -> list[Light]:
    """The light over time: a lamp that wanders by a few degrees and whose strength wavers."""
    strength = 1 + _drift(rng, seconds, 0.06, 0.5)
    moved = np.asarray(base.direction) + np.stack([_drift(rng, seconds, 0.06, 0.3) for _ in range(3)], axis=1)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    key, sky = np.asarray(base.key)[None] * strength[:, None], np.asarray(base.sky)[None] * strength[:, None]
    return [
        replace(base, direction=_three(moved[i]), key=_three(key[i]), sky=_three(sky[i]))
        for i in range(len(seconds))
    ]


def _two(values: Course) -> tuple[float, float]:
    x, y = values.tolist()
    return x, y


def _three(values: Course) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
