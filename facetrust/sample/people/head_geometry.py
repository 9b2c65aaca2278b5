"""The shape of a head without expression: a tapering skull plus smooth bumps, on a cylindrical grid.

Columns run around the head (`arc` mm, 0 in front), rows run down (`v` mm). v equals y on the face;
towards the crown and below the chin the rows close in, so that the grid covers both caps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetrust.sample.noise import bump, smooth_noise, smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.curves import smooth_curve

Array = NDArray[np.float32]

ARC_RADIUS = 88.0
ARC_END = 185
V_TOP, V_BOTTOM = -150, 140
STEP = 1.75  # mm between vertices
ROWS, COLUMNS = int((V_BOTTOM - V_TOP) / STEP) + 1, int(2 * ARC_END / STEP) + 1


@dataclass(frozen=True)
class Skull:
    """Base surface of the grid. All float32 (ROWS, COLUMNS) except the one per row.

    x, y, z: mm, without the bumps; out_x, out_z: the outward direction of displacement;
    v: the row coordinate; width: (ROWS,) half width of each row, mm.
    """

    x: Array
    y: Array
    z: Array
    out_x: Array
    out_z: Array
    v: Array
    width: Array


def rows_v() -> Array:
    """The v of every row, mm."""
    return np.arange(ROWS, dtype=np.float32) * np.float32(STEP) + np.float32(V_TOP)


def columns_angle() -> Array:
    """The azimuth of every column, radians, 0 in front."""
    return (np.arange(COLUMNS, dtype=np.float32) * np.float32(STEP) - np.float32(ARC_END)) / np.float32(
        ARC_RADIUS
    )


def vertex_of(skull: Skull, x: float, v: float) -> tuple[float, float]:
    """(column, row) on the grid of the face point (x, v) mm, with fractions."""
    width = float(np.interp(v, rows_v(), skull.width))
    arc = ARC_RADIUS * np.arcsin(np.clip(x / width, -0.999, 0.999))
    return (arc + ARC_END) / STEP, (v - V_TOP) / STEP


def front_vertices(per_vertex: int = 1) -> tuple[slice, slice]:
    """Rows and columns of the grid that hold all features of the face; `per_vertex` texels for a vertex."""
    rows = (round((v - V_TOP) / STEP) * per_vertex for v in (-84, V_BOTTOM))
    columns = (round((arc + ARC_END) / STEP) * per_vertex for arc in (-142, 142))
    return slice(*rows), slice(*columns)


def _height_of_rows(v: Array) -> Array:
    top = np.clip((-90 - v) / 60, 0, 1)
    bottom = np.clip((v - 100) / 40, 0, 1)
    y = np.clip(v, -90, 100) - 60 * (top - top**2 / 2) + 40 * (bottom - bottom**2 / 2)
    return y.astype(np.float32)


def build_skull(person: Appearance) -> Skull:
    """The person's base surface."""
    s = person.shape
    v = rows_v()
    y = _height_of_rows(v)
    wide = 1 + 0.035 * s["face_width"]
    jaw, chin = 1 + 0.045 * s["jaw_width"] + 0.04 * s["cheek_fullness"], 1 + 0.12 * s["chin_width"]
    temple = 1 + 0.022 * s["temple"]
    width = smooth_curve(
        {
            -150: 74 * wide,
            -60: 74.5 * wide * temple,
            -25: 73 * wide * temple,
            5: 71 * wide,
            28: 68 * wide,
            52: 62.5 * wide * jaw,
            74: 54 * wide * jaw,
            92: 42.5 * jaw,
            106: 29 * chin,
            120: 20 * chin,
            140: 9,
        },
        v,
    )
    front = smooth_curve(
        {
            -150: 84,
            -75: 84 + 2.5 * s["forehead"],
            -45: 90 + 2 * s["forehead"],
            -20: 91,
            0: 86,
            25: 86,
            50: 87.5,
            72: 87 + s["muzzle"],
            90: 84.5,
            103: 86 + 2 * s["chin_forward"],
            115: 82 + 2 * s["chin_forward"],
            128: 66,
            140: 38,
        },
        v,
    )
    centre = smooth_curve({-150: -8, 60: 0, 80: 6, 100: 26, 120: 40, 140: 34}, v)
    cap = np.sqrt(1 - np.clip((-15 - y) / 106, 0, 1) ** 2.9)
    width, front = width * np.maximum(cap, 0.02), front * np.maximum(cap, 0.02)
    angle = columns_angle()
    sine, cosine = np.sin(angle)[None], np.cos(angle)[None]
    depth = np.where(cosine > 0, (front - centre)[:, None], (92 * cap)[:, None])
    lengthen = smoothstep(55, 112, v) * (2.6 * s["chin_length"])
    full = np.ones((1, COLUMNS), np.float32)
    return Skull(
        x=(width[:, None] * sine).astype(np.float32),
        y=((y + lengthen)[:, None] * full).astype(np.float32),
        z=(centre[:, None] + depth * cosine).astype(np.float32),
        out_x=np.broadcast_to(sine, (ROWS, COLUMNS)).astype(np.float32),
        out_z=np.broadcast_to(cosine, (ROWS, COLUMNS)).astype(np.float32),
        v=(v[:, None] * full).astype(np.float32),
        width=width.astype(np.float32),
    )


def _nose(s: dict[str, float], x: Array, v: Array) -> Array:
    length = 2.2 * s["nose_length"]
    tip_y = 38.5 + length - 0.8 * s["nose_tip_lift"]
    wide = 1 + 0.13 * s["nose_width"]
    heights = {
        -22: 0.0,
        -10: 2.2 + 1.2 * s["nose_bridge"],
        2: 5.0 + 1.6 * s["nose_bridge"],
        16: 11.5 + 1.4 * s["nose_bridge"] + 1.5 * s["nose_hump"],
        30: 18.0 + 0.6 * s["nose_bridge"],
        tip_y: 22.0 + 1.2 * s["nose_tip"],
        tip_y + 7: 17.0,
        66: 8.0,
    }
    ridge = np.maximum(smooth_curve(heights, v[:, 0]), 0)[:, None]
    half = smooth_curve({-22: 9.0, 2: 7.0, 20: 8.2 * wide, tip_y: 8.6 * wide, 66: 8.4 * wide}, v[:, 0])[
        :, None
    ]
    nose = ridge * (0.72 * np.exp(-((x / half) ** 2)) + 0.28 * np.exp(-((x / (1.75 * half)) ** 2)))
    nose += (3.6 + 0.7 * s["nose_tip"]) * bump(x, v, 0, tip_y - 0.5, 7.0 * wide, 6.0)
    for side in (-1, 1):
        nose += (7.6 + 0.9 * s["nostril"]) * bump(x, v, side * 10.8 * wide, tip_y + 4.6, 4.2 * wide, 4.8)
    drop = v + np.float32(0.012) * x**2
    under = smoothstep(tip_y + 13.7 - 1.2 * s["nose_tip_lift"], tip_y + 4.2, drop)
    nose_relief: Array = nose * under
    return nose_relief


def _sockets_and_cheeks(person: Appearance, x: Array, v: Array) -> Array:
    s = person.shape
    eye = person.eye_spacing / 2
    relief = np.zeros_like(x)
    for side in (-1, 1):
        lean = 1 + 0.04 * side * s["asymmetry"]
        relief += (2.6 + 1.3 * s["brow_ridge"]) * bump(x, v, side * 25, -17, 17, 6.5) * lean
        relief -= (6.2 + 1.1 * s["socket"]) * bump(x, v, side * (eye - 1), 0.5, 16, 10)
        relief -= 3.4 * bump(x, v, side * 15, 1, 6, 9)
        relief += (5.6 + 0.6 * s["eye_bulge"]) * bump(x, v, side * eye, 0.5, 10.5, 8.0)
        relief += (3.6 + 1.3 * s["cheekbone"]) * bump(x, v, side * 44, 27, 15, 12) * lean
        relief += (2.0 + 1.4 * s["cheek_fullness"]) * bump(x, v, side * 38, 56, 16, 17)
        relief -= 1.5 * bump(x, v, side * 62, -28, 11, 17)
        fold_x = 16.5 + 0.45 * (v - 44)
        fold = np.exp(-0.5 * ((np.abs(x) - fold_x) / 3.0) ** 2) * np.exp(-0.5 * ((v - 57) / 11) ** 2)
        relief -= np.where(np.sign(x) == side, np.clip(0.9 + 0.4 * s["nasolabial"], 0, 2.6) * fold, 0)
    relief += 1.2 * bump(x, v, 0, -19, 9, 6) * (1 + 0.4 * s["brow_ridge"])
    return relief


def _mouth_and_chin(s: dict[str, float], x: Array, v: Array) -> Array:
    relief = (3.2 + 1.0 * s["muzzle"]) * bump(x, v, 0, 68, 21, 14)
    relief -= 1.0 * bump(x, v, 0, 57, 2.6, 5.5)
    relief -= 2.2 * bump(x, v, 0, 88, 17, 4.0)
    relief += (3.2 + 0.7 * s["chin_forward"]) * bump(x, v, 0, 102, 14 + 1.5 * s["chin_width"], 8.5)
    return relief


def face_relief(person: Appearance, skull: Skull) -> Array:
    """Outward displacement of the face without expression, float32 (ROWS, COLUMNS) mm."""
    relief = np.zeros_like(skull.x)
    x, v = skull.x[front_vertices()], skull.v[front_vertices()]
    relief[front_vertices()] = (
        _nose(person.shape, x, v) + _sockets_and_cheeks(person, x, v) + _mouth_and_chin(person.shape, x, v)
    )
    rng = np.random.default_rng([person.texture_seed, 1])
    uneven = (
        smooth_noise(rng, relief.shape, (21, 21)) * 0.5 + smooth_noise(rng, relief.shape, (6.5, 6.5)) * 0.10
    )
    relief = relief * smoothstep(112, 100, np.abs(np.degrees(columns_angle())))[None] + uneven
    return relief.astype(np.float32)
