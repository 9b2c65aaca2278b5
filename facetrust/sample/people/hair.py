"""Hair: a shell over the skull with a strand texture, and a curtain behind the face for long hair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import FINE, Mesh, finer, grid_normals
from facetrust.sample.noise import smooth_noise, smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.head_geometry import COLUMNS, ROWS, STEP, V_TOP, Skull, columns_angle

Array = NDArray[np.float32]

# thickness over the crown and over the sides, mm
_THICKNESS = {
    "buzz": (3.0, 1.5),
    "short": (13.0, 4.5),
    "parted": (15.0, 7.0),
    "fringe": (12.0, 9.0),
    "afro": (38.0, 30.0),
    "bob": (13.0, 11.0),
    "long": (12.0, 9.0),
    "tied": (6.0, 3.0),
}
_LENGTH = {"bob": 92.0, "long": 205.0}


def build_hair(person: Appearance, skull: Skull, relief: Array) -> tuple[Mesh, ...]:
    """The person's hair meshes in head coordinates; none for a bald person."""
    if person.hair_style == "bald":
        return ()
    rng = np.random.default_rng([person.texture_seed, 5])
    cap = _cap(person, skull, relief, rng)
    if person.hair_style not in _LENGTH:
        return (cap,)
    return cap, _curtain(person, skull, rng)


def _hairline(person: Appearance) -> Array:
    """The v of the hairline at every column, (COLUMNS,) mm."""
    angle = np.abs(np.degrees(columns_angle()))
    recede = person.hairline
    front = -70 - 0.6 * recede
    corner = -68 - 1.4 * max(recede, -3)
    line = np.interp(
        angle,
        [0, 22, 38, 48, 56, 66, 74, 82, 92, 104, 121],
        [front, front, corner, -63 - 0.5 * recede, -48, -26, -6, 14, -2, 22, 60],
    )
    if person.hair_style == "fringe" or (person.hair_style == "bob" and person.parting > 12):
        line = np.maximum(line, np.interp(angle, [0, 30, 44, 60], [-30, -29, -20, 20]))
    if person.hair_style in _LENGTH:
        line = np.maximum(line, np.interp(angle, [50, 62, 75, 121], [-70, -30, 40, 90]))
    if person.hair_style == "afro":
        line = np.maximum(line, np.interp(angle, [50, 80, 121], [-60, 22, 70]))
    return line.astype(np.float32)


def covered_rows(person: Appearance) -> int:
    """How many rows of the head, from the top, lie under hair all around."""
    if person.hair_style == "bald":
        return 0
    return int(np.clip((_hairline(person).min() - 18 - V_TOP) / STEP, 0, ROWS // 4))


def grow_hairline(person: Appearance, albedo: Array, v: Array) -> None:
    """Paint thin hair onto the skin below the hairline, so that the hair ends softly.

    albedo: float32 (FINE*ROWS, FINE*COLUMNS, 3), changed in place; v: the rows' coordinate of its texels, mm.
    """
    if person.hair_style == "bald":
        return
    rng = np.random.default_rng([person.texture_seed, 6])
    line = finer(_hairline(person)[None], FINE)[0]
    rows = slice(FINE * covered_rows(person), int((64 - V_TOP) / STEP) * FINE)
    shape = (rows.stop - rows.start, albedo.shape[1])
    ends = 2.6 * smooth_noise(rng, shape, (14, 1.6)) + 1.2 * smooth_noise(rng, shape, (40, 9))
    reach = line[None] + ends - v[rows]
    cover = np.float32(0.85) * smoothstep(-5.5, 2.0, reach)
    cover *= np.float32(0.8) + np.float32(0.2) * smooth_noise(rng, shape, (20, 1.2))
    np.clip(cover, 0, np.float32(0.95), out=cover)
    skin = albedo[rows]
    skin += (np.asarray(person.hair_colour, np.float32) * np.float32(0.7) - skin) * cover[..., None]


def _strands(person: Appearance, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Brightness of the strands, about -1..1: running down, or curls."""
    if person.hair_curl > 0.55:
        return 0.6 * smooth_noise(rng, shape, (2.5, 2.5)) + 0.6 * smooth_noise(rng, shape, (7, 7))
    return 0.6 * smooth_noise(rng, shape, (40, 1.3)) + 0.5 * smooth_noise(rng, shape, (40, 5))


def _cap(person: Appearance, skull: Skull, relief: Array, rng: np.random.Generator) -> Mesh:
    crown, sides = _THICKNESS[person.hair_style]
    volume = person.hair_volume
    angle = np.abs(np.degrees(columns_angle()))[None]
    ragged = (
        smooth_noise(rng, (ROWS, COLUMNS), (60, 2.2)) * 0.9
        + smooth_noise(rng, (ROWS, COLUMNS), (60, 14)) * 2.2
    )
    below = _hairline(person)[None] + ragged - skull.v
    sideness = smoothstep(-80, -20, skull.v) * smoothstep(35, 70, np.broadcast_to(angle, skull.v.shape))
    thick = (
        (crown * (1 - sideness) + sides * sideness) * volume * smoothstep(-1, 22 if crown > 8 else 8, below)
    )
    if person.hair_style == "parted":
        thick *= 1 - 0.55 * np.exp(-0.5 * ((skull.x - person.parting) / 3.5) ** 2)
    lumps = smooth_noise(rng, (ROWS, COLUMNS), (9, 9) if person.hair_curl > 0.55 else (50, 8))
    thick = np.maximum(thick * (1 + 0.13 * lumps), 0) + 0.6
    up = smoothstep(-60, -125, skull.y)
    out = relief * 0.3 + thick
    xyz = np.stack(
        [
            skull.x + out * skull.out_x * (1 - 0.1 * up),
            skull.y - thick * up * 0.9,
            skull.z + out * skull.out_z * (1 - 0.1 * up),
        ],
        axis=-1,
    ).astype(np.float32)
    keep = below + 1.6 * smooth_noise(rng, (ROWS, COLUMNS), (9, 1.0)) > 0
    strands = _strands(person, (ROWS, COLUMNS), rng)
    albedo = _coloured(person, strands)
    if person.hair_style == "buzz":
        albedo = 0.75 * albedo + 0.25 * 0.5 * np.asarray(person.skin, np.float32)
    shine = np.full((ROWS, COLUMNS), 0.30 * (1 - 0.7 * person.hair_curl), np.float32)
    sky = np.clip(0.65 + 0.35 * smoothstep(0, 26, below), 0, 1)
    return Mesh(xyz, _ruffled(xyz, strands), albedo, shine, sky, keep, scatter=0.25, turned=1.0)


def _ruffled(xyz: Array, strands: Array) -> Array:
    """Normals tilted by the strands, so that highlights break up into hair."""
    normal = grid_normals(xyz)
    tilt = strands * 0.16
    normal[..., 0] += tilt
    normal[..., 1] += 0.5 * tilt
    unit: Array = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return unit


def _coloured(person: Appearance, strands: Array) -> Array:
    colour = np.asarray(person.hair_colour, np.float32)
    coloured: Array = np.clip(colour * np.exp(0.30 * strands)[..., None], 0.003, 0.9).astype(np.float32)
    return coloured


def _curtain(person: Appearance, skull: Skull, rng: np.random.Generator) -> Mesh:
    length = _LENGTH[person.hair_style]
    rows, columns = int((length + 70) / STEP), int(400 / STEP)
    y = np.linspace(-70, length, rows, dtype=np.float32)
    angle = np.linspace(-np.pi, np.pi, columns, dtype=np.float32)
    thick = _THICKNESS[person.hair_style][1] * person.hair_volume
    wide = np.interp(y, [-70, -20, 40, 100, 210], [66, 75 + thick, 80 + thick, 78 + thick, 88 + thick])
    deep = np.interp(y, [-70, 0, 60, 100, 210], [84, 94, 92, 80, 76])
    opening = np.interp(y, [-70, -40, 0, 40, 100, 210], [60, 66, 80, 88, 80, 62])
    lumps = smooth_noise(rng, (rows, columns), (90, 12)) * (2.0 + 3.0 * person.hair_curl)
    radius = wide[:, None] + lumps
    x = radius * np.sin(angle)[None]
    z = -12 + (deep[:, None] + lumps) * np.cos(angle)[None] * np.where(np.cos(angle) > 0, 0.75, 1.0)[None]
    xyz = np.stack([x, np.broadcast_to(y[:, None], x.shape), z], axis=-1).astype(np.float32)
    edge = (
        np.abs(np.degrees(angle))[None] - opening[:, None] + smooth_noise(rng, (rows, columns), (40, 5)) * 3.5
    )
    tips = (length - 6 + smooth_noise(rng, (rows, columns), (200, 4)) * 10) - y[:, None]
    keep = (edge > 0) & (tips > 0)
    strands = _strands(person, (rows, columns), rng)
    sky = (0.35 + 0.65 * smoothstep(0, 30, edge.astype(np.float32))).astype(np.float32)
    shine = np.full((rows, columns), 0.25 * (1 - 0.7 * person.hair_curl), np.float32)
    return Mesh(
        xyz,
        _ruffled(xyz, strands),
        _coloured(person, strands),
        shine,
        sky,
        keep,
        scatter=0.25,
        turned=1.0,
    )
