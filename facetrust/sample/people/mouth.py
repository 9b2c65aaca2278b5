"""The mouth: its curves, its relief, and its lips, teeth and inside painted on the albedo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetrust.sample.noise import smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.expression import Expression

Array = NDArray[np.float32]


@dataclass(frozen=True)
class MouthField:
    """Curves of the mouth at each point, float32 (H, W) mm of v, from the top of the upper lip downwards."""

    across: Array
    top: Array
    inner_top: Array
    inner_bottom: Array
    bottom: Array
    gap: float


def mouth_corner(person: Appearance, expression: Expression) -> tuple[float, float]:
    """(x, v) mm of the corner on the positive side."""
    half = person.mouth_width + 5.0 * expression.smile - 2.0 * expression.mouth_open
    return half, person.mouth_y - 3.6 * expression.smile + 1.5 * expression.mouth_open


def mouth_field(person: Appearance, expression: Expression, x: Array, v: Array) -> MouthField:
    """The curves for the expression; `across` is |x| over the half width of the mouth."""
    half, corner_v = mouth_corner(person, expression)
    across = np.abs(x) / np.float32(half)
    w = np.clip(across, 0, 1)
    arch = 1 - w * w
    line = corner_v + (person.mouth_y + 0.6 * expression.smile - corner_v) * arch
    line = line + 0.7 * np.cos(np.pi * 2.2 * w) * arch * 0.8
    gap = max(0.0, 11.0 * expression.mouth_open + 3.5 * max(0.0, expression.smile - 0.35))
    opening = gap * np.maximum(1 - w**2.4, 0)
    inner_top, inner_bottom = line - 0.30 * opening, line + 0.70 * opening
    stretch = 1 - 0.22 * expression.smile
    bow = 1 + 0.16 * person.lip_bow * (np.exp(-(((w - 0.24) / 0.13) ** 2)) - 0.9 * np.exp(-((w / 0.11) ** 2)))
    top = inner_top - person.upper_lip * stretch * np.maximum(1 - w**1.7, 0) * bow
    bottom = inner_bottom + person.lower_lip * stretch * np.maximum(1 - w**2.2, 0) ** 0.85
    f32 = np.float32
    return MouthField(
        across.astype(f32),
        top.astype(f32),
        inner_top.astype(f32),
        inner_bottom.astype(f32),
        bottom.astype(f32),
        gap,
    )


def mouth_relief(person: Appearance, expression: Expression, x: Array, v: Array) -> Array:
    """Outward displacement of the lips (H, W) mm."""
    f = mouth_field(person, expression, x, v)
    forward = 1 + 0.22 * person.shape["lip_forward"]
    near = smoothstep(1.06, 0.72, f.across)
    upper_mid, upper_half = (f.top + f.inner_top) / 2, np.maximum((f.inner_top - f.top) / 2, 0.8)
    lower_mid, lower_half = (f.bottom + f.inner_bottom) / 2, np.maximum((f.bottom - f.inner_bottom) / 2, 0.8)
    relief = 2.3 * forward * near * np.exp(-0.5 * ((v - upper_mid - 0.8) / (upper_half + 0.6)) ** 2)
    relief += 3.0 * forward * near * np.exp(-0.5 * ((v - lower_mid) / (lower_half * 0.85 + 0.6)) ** 2)
    inside = smoothstep(-0.8, 1.2, v - f.inner_top) * smoothstep(-0.8, 1.2, f.inner_bottom - v)
    relief -= (1.4 + min(f.gap, 4.0) * 0.9) * inside * smoothstep(1.05, 0.85, f.across)
    half, corner_v = mouth_corner(person, expression)
    dent = ((np.abs(x) - half - 1.0) / 3.4) ** 2 + ((v - corner_v) / 4.0) ** 2
    return (relief - (1.1 + 0.8 * expression.smile) * np.exp(-0.5 * dent)).astype(np.float32)


def paint_mouth(
    person: Appearance, expression: Expression, x: Array, v: Array, skin: Array
) -> tuple[Array, Array]:
    """The patch `skin` (H, W, 3) with the mouth on it, and where lips show (H, W) 0..1."""
    f = mouth_field(person, expression, x, v)
    within = smoothstep(1.02, 0.94, f.across)
    lips = smoothstep(-0.8, 0.9, v - f.top) * smoothstep(-1.1, 1.0, f.bottom - v) * within
    colour = np.asarray(person.lip_colour, np.float32)
    creases = 1 + 0.05 * np.sin(x * 2.3 + 1.3 * np.sin(x)) + 0.10 * smoothstep(-2, 4, v - f.inner_bottom)
    upper = np.where(v < (f.inner_top + f.inner_bottom) / 2, np.float32(0.84), np.float32(1.0))
    painted = skin + (colour * (creases * upper)[..., None] - skin) * (0.9 * lips)[..., None]
    inside = smoothstep(-0.35, 0.35, v - f.inner_top) * smoothstep(-0.35, 0.35, f.inner_bottom - v)
    inside *= within * np.float32(min(1.0, f.gap / 0.8))
    painted += (_inside_of_mouth(f, x, v) - painted) * inside[..., None]
    line = np.exp(-0.5 * ((v - f.inner_top) / 0.75) ** 2) * within
    line = np.maximum(line, 0.7 * np.exp(-0.5 * ((v - f.inner_bottom) / 0.6) ** 2) * within)
    painted *= (1 - 0.72 * line * (1.0 if f.gap < 0.8 else 0.6))[..., None]
    half, corner_v = mouth_corner(person, expression)
    dent = ((np.abs(x) - half + 0.3) / 2.0) ** 2 + ((v - corner_v) / 1.7) ** 2
    painted *= (1 - 0.38 * np.exp(-0.5 * dent))[..., None]
    shadow = np.exp(-0.5 * ((v - f.bottom - 3.2) / 2.2) ** 2) * smoothstep(0.95, 0.3, f.across)
    return (painted * (1 - 0.13 * shadow)[..., None]).astype(np.float32), lips * (1 - inside)


def _inside_of_mouth(f: MouthField, x: Array, v: Array) -> Array:
    depth = smoothstep(0.35, 1.0, f.across)
    teeth = smoothstep(6.8, 5.6, v - f.inner_top) * smoothstep(-0.2, 0.4, v - f.inner_top + 0.5)
    gaps = 1 - 0.16 * np.exp(-0.5 * ((np.abs((np.abs(x) + 0.0) % 7.2 - 3.6) - 3.6) / 0.35) ** 2)
    shade = (1 - 0.6 * depth) * (0.72 + 0.28 * smoothstep(0, 2.2, v - f.inner_top)) * gaps
    tooth = np.array([0.66, 0.61, 0.52], np.float32) * shade[..., None]
    tongue = smoothstep(7.0, 10.0, v - f.inner_top)[..., None] * np.array([0.16, 0.035, 0.03], np.float32)
    dark = np.array([0.030, 0.008, 0.007], np.float32) + tongue * 0.6
    return dark + (tooth - dark) * teeth[..., None]
