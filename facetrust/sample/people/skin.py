"""Skin colours of a face without eyes and mouth: mottling, marks, brows, beard."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import FINE
from facetrust.sample.noise import bump, smooth_noise, smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.head_geometry import (
    ARC_END,
    ARC_RADIUS,
    STEP,
    V_TOP,
    Skull,
    front_vertices,
    rows_v,
    vertex_of,
)

Array = NDArray[np.float32]


def texel_of(skull: Skull, x: float, v: float) -> tuple[float, float]:
    """(column, row) of the albedo texel at the face point (x, v) mm."""
    column, row = vertex_of(skull, x, v)
    return (column + 0.5) * FINE - 0.5, (row + 0.5) * FINE - 0.5


def paint_skin(person: Appearance, skull: Skull, x: Array, v: Array) -> Array:
    """Albedo float32 (FINE*ROWS, FINE*COLUMNS, 3), linear RGB; x and v are the texels' face coordinates."""
    rng = np.random.default_rng([person.texture_seed, 2])
    skin = np.asarray(person.skin, np.float32)
    shape = (x.shape[0], x.shape[1])
    mottled = 0.035 * smooth_noise(rng, shape, (18.5, 18.5)) + 0.035 * smooth_noise(rng, shape, (5, 5))
    mottled += 0.03 * smooth_noise(rng, shape, (1.8, 1.8)) * (0.7 + person.wrinkles)
    red = np.float32(0.10) * smooth_noise(rng, shape, (10, 10))
    front = front_vertices(FINE)
    red[front] += _blush(person, x[front], v[front])
    red *= np.float32(1.1 - 0.6 * person.melanin)
    light = np.zeros(shape, np.float32)
    light[front] = np.log(np.float32(1) - _shadows_and_lines(person, rng, x[front], v[front]))
    tones = ((0.02, 0.85), (-0.17, 1.0), (-0.15, 1.05))  # of redness and darkness in each colour
    planes = [mottled + red * np.float32(a) + light * np.float32(b) for a, b in tones]
    planes = [np.exp(plane, out=plane) * value for plane, value in zip(planes, skin, strict=True)]
    albedo = cv2.merge(planes).astype(np.float32, copy=False)
    _spot_freckles(person, rng, albedo[front], x[front], v[front])
    _spot_marks(person, skull, albedo)
    jaw = slice(int((-6 - V_TOP) / STEP) * FINE, None)
    _grow_beard(person, rng, albedo[jaw], x[jaw], v[jaw])
    _draw_brows(person, skull, albedo)
    clipped: Array = np.clip(albedo, np.float32(0.003), np.float32(0.95), out=albedo)
    return clipped


def _blush(person: Appearance, x: Array, v: Array) -> Array:
    side = np.abs(x)
    red = (0.8 + 0.5 * person.redness) * bump(side, v, 40, 33, 17, 14)
    red += (0.9 + 0.6 * person.redness) * bump(side, v, 0, 41, 11, 9)
    blush: Array = red + 0.3 * bump(side, v, 0, 104, 14, 9) + 0.35 * bump(side, v, 31, -3, 15, 7)
    return blush


def _shadows_and_lines(person: Appearance, rng: np.random.Generator, x: Array, v: Array) -> Array:
    """Darkening 0..1 of creases: eye sockets, nostrils, folds, and the lines of age."""
    side = np.abs(x)
    s = person.shape
    eye = person.eye_spacing / 2
    old = person.wrinkles
    dark = (0.09 + 0.025 * s["socket"]) * bump(side, v, eye - 11, -2, 7, 9)
    dark += (0.10 + 0.16 * old) * bump(side, v, eye - 2, 13.5, 11, 3.2)
    fold_x = 17.5 + 0.5 * (v - 44)
    fold = np.exp(-0.5 * ((side - fold_x) / 1.9) ** 2) * smoothstep(38, 48, v) * smoothstep(80, 62, v)
    dark += np.clip(0.06 + 0.07 * s["nasolabial"], 0.0, 0.30) * fold
    wide, tip = 1 + 0.13 * s["nose_width"], 38.5 + 2.2 * s["nose_length"] - 0.8 * s["nose_tip_lift"]
    crease = np.hypot((side - 10.6 * wide) / (5.6 * wide), (v - (tip + 4.5)) / 6.8)
    dark += 0.22 * np.exp(-0.5 * ((crease - 1) / 0.14) ** 2) * smoothstep(7 * wide, 12.5 * wide, side)
    size = 1 + 0.12 * s["nostril"]
    hole = np.hypot(
        (side - 6.2 * wide - 0.25 * (v - tip - 8)) / (3.6 * wide * size), (v - (tip + 8.2)) / (2.3 * size)
    )
    dark += 0.86 * smoothstep(1.25, 0.7, hole)
    if old > 0.05:
        wave = 1.6 * smooth_noise(rng, (x.shape[0], x.shape[1]), (43, 43))
        for line in (-66, -55, -45):
            lines = np.exp(-0.5 * ((v - line - wave) / 0.9) ** 2) * smoothstep(52, 20, side)
            dark += 0.26 * old * lines
        for angle in (-0.5, 0.0, 0.5):
            across = (v - 1 - angle * (side - eye - 14)) / 0.8
            dark += 0.24 * old * np.exp(-0.5 * across**2) * bump(side, v, eye + 24, 0, 5, 14)
        dark += 0.25 * old * np.exp(-0.5 * ((side - 4.2) / 0.8) ** 2) * bump(side, v, 4, -19, 6, 6)
    clipped: Array = np.clip(dark, 0, 0.95).astype(np.float32, copy=False)
    return clipped


def _spot_freckles(person: Appearance, rng: np.random.Generator, albedo: Array, x: Array, v: Array) -> None:
    if person.freckles <= 0:
        return
    spots = smooth_noise(rng, (x.shape[0], x.shape[1]), (2.0, 2.0))
    where = bump(np.abs(x), v, 24, 26, 24, 17) + 0.35 * bump(np.abs(x), v, 0, -45, 40, 20)
    freckle = smoothstep(0.9, 1.7, spots + 0.5 * person.freckles) * where * (0.45 + 0.35 * person.freckles)
    albedo *= np.exp(-np.clip(freckle, 0, 0.8)[..., None] * np.array([0.55, 0.95, 1.2], np.float32))


def _spot_marks(person: Appearance, skull: Skull, albedo: Array) -> None:
    rows, columns = np.mgrid[-14:15, -14:15].astype(np.float32)
    for mark in person.marks:
        column, row = (round(value) for value in texel_of(skull, mark.x, mark.y))
        patch = albedo[row - 14 : row + 15, column - 14 : column + 15]
        if patch.shape[:2] != (29, 29):
            continue
        if mark.kind == "mole":
            spot = smoothstep(1.2, 0.75, np.hypot(rows, columns) / (mark.radius * FINE / STEP))
            patch *= np.exp(-spot[..., None] * np.array([1.0, 1.35, 1.45], np.float32))
        else:
            slope = 0.8 if mark.x > 0 else -0.5
            distance = np.abs(rows - slope * columns) / np.hypot(1, slope)
            length = smoothstep(1.0, 0.7, np.hypot(rows, columns) / (mark.radius * FINE / STEP))
            scar = smoothstep(2.6, 1.0, distance) * length
            patch *= np.exp(scar[..., None] * np.array([0.30, 0.10, 0.12], np.float32))


def beard_area(person: Appearance, x: Array, v: Array) -> tuple[Array, Array]:
    """Where a beard and a moustache grow, each float32 0..1 of the shape of x."""
    side = np.abs(x)
    edge = np.interp(side, [0, 18, 30, 45, 58, 70], [84, 82, 62, 46, 26, -2]).astype(np.float32)
    beard = smoothstep(-3, 7, v - edge) * (1 - 0.8 * bump(side, v, 0, person.mouth_y + 1, 19, 7))
    beard = np.maximum(
        beard, smoothstep(5, 0, np.abs(side - 27)) * smoothstep(58, 66, v) * smoothstep(100, 84, v)
    )
    curve = person.mouth_y - 11.5 + 0.010 * side**2
    moustache = np.exp(-0.5 * ((v - curve) / 3.6) ** 2) * smoothstep(31, 24, side)
    return beard, moustache


def _grow_beard(person: Appearance, rng: np.random.Generator, albedo: Array, x: Array, v: Array) -> None:
    amount = max(person.beard, person.moustache, person.stubble)
    if amount <= 0.02:
        return
    beard, moustache = beard_area(person, x, v)
    strands = smooth_noise(rng, (x.shape[0], x.shape[1]), (2.9, 1.2))
    hair = np.maximum(
        beard * max(person.beard, 0.55 * person.stubble),
        moustache * max(person.moustache, 0.55 * person.stubble),
    )
    if person.beard > 0 or person.moustache > 0:
        cover = np.clip(smoothstep(0.0, 0.75, hair + 0.16 * strands * hair) * 1.05, 0, 0.96)
    else:
        cover = np.clip(hair * (0.75 + 0.22 * strands), 0, 0.6)
    colour = np.asarray(person.hair_colour, np.float32) * 0.65 * np.exp(0.35 * strands)[..., None]
    blue = np.asarray(person.skin, np.float32) * np.array([0.52, 0.56, 0.62], np.float32)
    target = colour if person.beard > 0 or person.moustache > 0 else np.minimum(blue, colour + blue * 0.6)
    albedo += (target - albedo) * cover[..., None]


def _draw_brows(person: Appearance, skull: Skull, albedo: Array) -> None:
    """Strokes of hair drawn on a 4x larger patch, so that they stay soft and thin."""
    rng = np.random.default_rng([person.texture_seed, 3])
    scale = 4
    for side in (-1, 1):
        cover = np.zeros((34 * scale, 66 * scale), np.uint8)
        strokes = int(260 * (0.55 + 0.6 * person.brow_density))
        t = np.sort(rng.uniform(0, 1, strokes))
        along = 7 + t * person.brow_length
        middle = 17 - person.brow_arch * np.sin(np.pi * np.minimum(1.0, t * 0.78))
        middle += 7.0 * np.maximum(0.0, t - 0.7) - np.tan(np.radians(person.brow_tilt)) * (along - 25)
        half = person.brow_thickness * 0.5 * (1.0 - 0.75 * t**2.2) * (0.75 + 0.25 * np.minimum(1.0, t * 6))
        across = middle + half * np.clip(rng.normal(0, 0.62, strokes), -1.25, 1.25)
        lean = 1.25 - 1.15 * np.minimum(1.0, t * 1.5) + rng.normal(0, 0.18, strokes)
        length = (3.6 + 1.6 * rng.random(strokes)) * (1 - 0.3 * t)
        end = across - length * np.sin(lean) * np.where(across > middle, 0.7, 0.25)
        corners = np.stack([along, across, along + length * np.cos(lean), end], axis=1) * (scale * 16)
        dark = 150 + 105 * person.brow_density * rng.random(strokes)
        for (x0, y0, x1, y1), value in zip(
            corners.astype(int).tolist(), dark.astype(int).tolist(), strict=True
        ):
            cv2.line(cover, (x0, y0), (x1, y1), value, 2, cv2.LINE_AA, 4)
        _blend_brow(person, skull, albedo, cover, side, scale)


def _blend_brow(
    person: Appearance, skull: Skull, albedo: Array, cover: NDArray[np.uint8], side: int, scale: int
) -> None:
    """Blend the 66x34 mm brow drawing (inner end left) onto the albedo through the grid's x."""
    soft = cv2.GaussianBlur(cover, (0, 0), 1.6).astype(np.float32) / 255
    v_top = -person.brow_height - 17
    row0, row1 = (int(texel_of(skull, 0, v)[1]) for v in (v_top, v_top + 34))
    column0, column1 = sorted(int(texel_of(skull, side * x, -person.brow_height)[0]) for x in (1.0, 62.0))
    columns = ((np.arange(column0, column1) + 0.5) / FINE - 0.5) * STEP - ARC_END
    rows = ((np.arange(row0, row1) + 0.5) / FINE - 0.5) * STEP + V_TOP
    width = np.interp(rows, rows_v(), skull.width)
    x = side * width[:, None] * np.sin(columns / ARC_RADIUS)[None]
    y = np.broadcast_to((rows - v_top)[:, None], x.shape)
    alpha = cv2.remap(
        soft,
        (x * scale).astype(np.float32),
        (y * scale).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    patch = albedo[row0:row1, column0:column1]
    strength = np.clip(alpha * (0.75 + 0.45 * person.brow_density), 0, 0.95)[..., None]
    patch += (np.asarray(person.brow_colour, np.float32) - patch) * strength
