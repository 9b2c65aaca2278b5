"""Eyes: lids, lashes, sclera and iris painted on the albedo, one patch for each side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetrust.sample.noise import smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.expression import Expression

Array = NDArray[np.float32]


@dataclass(frozen=True)
class EyeField:
    """Signed heights around one eye, float32 (H, W) mm: u outwards from its centre, t down; lids as rows."""

    u: Array
    t: Array
    upper: Array
    lower: Array
    inside: Array


def eye_field(person: Appearance, expression: Expression, side: int, x: Array, v: Array) -> EyeField:
    """Coordinates and lid curves of the eye at `side` (-1 left in the image, 1 right)."""
    angle = np.float32(np.radians(person.eye_tilt))
    dx = side * x - np.float32(person.eye_spacing / 2)
    dv = v - np.float32(eye_height(person))
    u = dx * np.cos(angle) - dv * np.sin(angle)
    t = dv * np.cos(angle) + dx * np.sin(angle)
    half = np.float32(person.eye_width)
    w = np.clip(u / half, -1, 1)
    almond = np.maximum(1 - np.abs(w) ** 2.3, 0) ** np.float32(0.9)
    opened = person.eye_opening * (1 + 0.12 * min(expression.brow_raise, 1.0)) * (1 - 0.92 * expression.blink)
    top = 5.9 * opened * (1 - 0.30 * expression.squint)
    bottom = 4.4 * person.eye_opening * (1 - 0.45 * expression.squint) * (1 - 0.25 * expression.blink)
    upper = -top * almond * (1 + 0.13 * w)
    lower = bottom * almond * (1 - 0.12 * w)
    inside = smoothstep(-0.35, 0.45, t - upper) * smoothstep(-0.35, 0.45, lower - t)
    inside *= smoothstep(person.eye_width * 1.01, person.eye_width * 0.97, np.abs(u))
    return EyeField(u, t, upper, lower, inside)


def eye_height(person: Appearance) -> float:
    """v of the eye centres, mm."""
    return 0.9 * person.shape["eye_height"]


def paint_eye(person: Appearance, expression: Expression, side: int, f: EyeField, skin: Array) -> Array:
    """The patch `skin` (H, W, 3) with the eye on it."""
    half = person.eye_width
    around = smoothstep(half * 1.25, half * 0.75, np.abs(f.u))
    tone = np.asarray(person.skin, np.float32)
    painted = skin * (1 - 0.14 * around * smoothstep(-9, -1, f.t - f.upper) * (f.t < f.upper))[..., None]
    painted = _crease(person, f, around, painted)
    ball = _eyeball(person, expression, side, f)
    painted = painted * (1 - f.inside[..., None]) + ball * f.inside[..., None]
    w = np.clip(f.u / half, -1.3, 1.3)
    rim = np.exp(-0.5 * ((f.t - f.lower - 0.5) / 0.55) ** 2) * smoothstep(half * 1.0, half * 0.8, np.abs(f.u))
    painted += (tone * np.array([1.05, 0.80, 0.78], np.float32) - painted) * (0.5 * rim)[..., None]
    woman = 1.0 if person.gender == "woman" else 0.0
    thick = (0.75 + 0.35 * woman) * (0.75 + 0.45 * np.clip(w, -1, 1))
    lash = np.exp(-0.5 * ((f.t - f.upper + 0.35) / thick) ** 2) * smoothstep(
        half * 1.12, half * 0.9, np.abs(f.u)
    )
    under = np.exp(-0.5 * ((f.t - f.lower - 1.0) / 0.5) ** 2) * smoothstep(
        half * 1.0, half * 0.75, np.abs(f.u)
    )
    dark = np.asarray(person.brow_colour, np.float32) * 0.25 + 0.004
    painted += (dark - painted) * np.clip(lash * 0.93, 0, 1)[..., None]
    painted += (dark - painted) * ((0.22 + 0.22 * woman) * under * np.clip(0.5 + w, 0, 1))[..., None]
    return painted.astype(np.float32, copy=False)


def _crease(person: Appearance, f: EyeField, around: Array, painted: Array) -> Array:
    if person.eye_fold < 0.3:
        return painted
    strength = min(1.0, person.eye_fold / 1.6)
    line = np.exp(-0.5 * ((f.t - f.upper * 1.05 + person.eye_fold + 0.9) / 0.75) ** 2)
    return (painted * (1 - 0.42 * strength * line * around)[..., None]).astype(np.float32, copy=False)


def _eyeball(person: Appearance, expression: Expression, side: int, f: EyeField) -> Array:
    radius = 5.9
    iris_u = np.float32(side * 0.19 * expression.gaze_x - 0.3)
    iris_t = np.float32(-0.5 + 0.16 * expression.gaze_y)
    du, dt = f.u - iris_u, f.t - iris_t
    distance = np.sqrt(du * du + dt * dt)
    edge = smoothstep(0, 2.4, np.minimum(f.t - f.upper, f.lower - f.t))
    white = np.array([0.58, 0.545, 0.525], np.float32) * (0.62 + 0.38 * edge)[..., None]
    corner = smoothstep(-person.eye_width * 0.72, -person.eye_width * 0.95, f.u)
    white += (np.array([0.42, 0.17, 0.14], np.float32) - white) * (0.75 * corner)[..., None]
    angle = np.arctan2(dt, du)
    rng = np.random.default_rng([person.texture_seed, 4])
    phase = rng.uniform(0, 2 * np.pi, 3)
    rays = sum(np.sin(n * angle + p) for n, p in zip((7, 13, 23), phase, strict=True)) / 3
    iris_colour = np.asarray(person.iris, np.float32)
    ring = 1.25 - 0.75 * smoothstep(radius * 0.68, radius, distance) + 0.16 * rays
    iris = iris_colour * ring[..., None] * (1 + 0.35 * smoothstep(-1, 4, dt))[..., None]
    iris *= (1 - 0.97 * smoothstep(2.75, 2.15, distance))[..., None]
    share = smoothstep(radius + 0.35, radius - 0.45, distance)[..., None]
    ball = white + (iris - white) * share
    shade = 1 - 0.55 * smoothstep(2.6, 0.0, f.t - f.upper)
    shaded: Array = ball * shade[..., None]
    return shaded


def catchlight(expression: Expression, side: int, f: EyeField, towards: tuple[float, float]) -> Array:
    """Brightness 0..1 of the light's reflection in one eye; `towards` is the light's direction in x and v."""
    u0 = side * (0.19 * expression.gaze_x + 2.4 * towards[0]) - 0.3
    t0 = -0.5 + 0.16 * expression.gaze_y + 2.4 * towards[1]
    spot = smoothstep(1.7, 0.8, np.sqrt((f.u - np.float32(u0)) ** 2 + (f.t - np.float32(t0)) ** 2))
    return spot * smoothstep(0.2, 0.8, f.t - f.upper)
