"""Ears: two small curved sheets at the sides of the head."""

from __future__ import annotations

import numpy as np

from facetrust.sample.mesh import FINE, Mesh, finer, grid_normals
from facetrust.sample.noise import smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.head_geometry import Skull, rows_v


def build_ears(person: Appearance, skull: Skull) -> tuple[Mesh, Mesh]:
    """The left and the right ear, in head coordinates."""
    return _ear(person, skull, -1), _ear(person, skull, 1)


def _ear(person: Appearance, skull: Skull, side: int) -> Mesh:
    # a: from the front edge (0) to the helix (1); b: from the top (-1) to the lobe (1)
    a, b = np.meshgrid(np.linspace(0, 1, 44, dtype=np.float32), np.linspace(-1, 1, 72, dtype=np.float32))
    outline = np.sqrt(np.maximum(1 - b * b, 0)) * (1 - 0.22 * b)
    reach = 27 * a * outline * person.ear_size
    size = 32 * person.ear_size
    flare = 0.30 + 0.55 * person.ear_flare
    rim = np.exp(-0.5 * ((a - 0.93) / 0.08) ** 2) * smoothstep(0.75, 0.2, b)
    fold = np.exp(-0.5 * ((a - 0.66) / 0.08) ** 2) * smoothstep(0.6, 0.1, np.abs(b + 0.1))
    bowl = np.exp(-0.5 * (((a - 0.32) / 0.2) ** 2 + ((b - 0.15) / 0.33) ** 2))
    out = flare * reach + 3.2 * rim * outline + 2.0 * fold - 6.0 * bowl
    width = np.interp(8 + b * size, rows_v(), skull.width).astype(np.float32)
    x = side * (width - 1.0 + out)
    y = 10 + b * size - 2.5 * a
    z = -8 - reach * 0.9 + 4 * b * -1.0
    xyz = np.stack([x, y, z.astype(np.float32)], axis=-1).astype(np.float32)
    if side < 0:
        xyz = np.ascontiguousarray(xyz[:, ::-1])
    normal = grid_normals(xyz)
    if side > 0:
        # on the right side, columns run backwards: towards the helix is away from the camera
        normal = normal * np.sign(np.median(normal[..., 0]))
    else:
        normal = normal * -np.sign(np.median(normal[..., 0]))
    shade = 1 - 0.55 * bowl - 0.15 * np.exp(-0.5 * ((a - 0.80) / 0.06) ** 2)
    shade = shade if side > 0 else shade[:, ::-1]
    tone = np.asarray(person.skin, np.float32) * np.array([1.0, 0.84, 0.82], np.float32)
    albedo = finer(np.ascontiguousarray(shade, dtype=np.float32))[..., None] * tone
    keep_row = np.repeat(outline[:, :1] > 0.02, FINE, axis=0)
    keep = np.ascontiguousarray(np.broadcast_to(keep_row, albedo.shape[:2]))
    sky = np.ascontiguousarray(0.45 + 0.5 * shade, dtype=np.float32)
    return Mesh(
        xyz,
        normal.astype(np.float32),
        albedo.astype(np.float32),
        np.full(a.shape, 0.2, np.float32),
        np.clip(sky, 0, 1),
        keep,
        turned=1.0,
    )
