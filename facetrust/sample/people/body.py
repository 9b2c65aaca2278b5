"""Neck, shoulders and clothes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import Mesh, finer, grid_normals
from facetrust.sample.noise import ridge, smooth_noise, smoothstep
from facetrust.sample.people.appearance import Appearance

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Clothing:
    """What the person wears: colours linear RGB; neckline 0 crew neck .. 1 deep V."""

    colour: tuple[float, float, float]
    second_colour: tuple[float, float, float]
    pattern: str
    neckline: float
    seed: int

    @staticmethod
    def random(rng: np.random.Generator) -> Clothing:
        """Clothes of one photograph."""
        value = float(np.exp(rng.uniform(np.log(0.015), np.log(0.6))))
        tint = rng.dirichlet([2.0, 2.0, 2.0]) * 3
        second = np.clip(
            value * rng.uniform(0.3, 2.2) * (0.5 + 0.5 * rng.dirichlet([2.0, 2.0, 2.0]) * 3), 0.01, 0.8
        )
        first = np.clip(value * (0.45 + 0.55 * tint), 0.01, 0.8)
        return Clothing(
            colour=(float(first[0]), float(first[1]), float(first[2])),
            second_colour=(float(second[0]), float(second[1]), float(second[2])),
            pattern=str(rng.choice(["plain", "plain", "stripes", "checks"])),
            neckline=float(rng.uniform(0, 1)),
            seed=int(rng.integers(2**62)),
        )


def _wrap(y: Array, half_width: Array, depth: Array, middle: Array, angle: Array) -> Array:
    x = half_width[:, None] * np.sin(angle)[None]
    z = middle[:, None] + depth[:, None] * np.cos(angle)[None]
    return np.stack([x, np.broadcast_to(y[:, None], x.shape), z], axis=-1).astype(np.float32)


def build_neck(person: Appearance) -> Mesh:
    """The neck, upright, in head coordinates of a frontal pose."""
    y = np.arange(60, 226, 2, dtype=np.float32)
    angle = np.linspace(-1.75, 1.75, 120, dtype=np.float32)
    thick = (55.0 if person.gender == "man" else 48.0) + 2.2 * person.shape["jaw_width"]
    width = thick * np.interp(y, [40, 120, 140, 160, 195, 225], [1.0, 0.97, 1.06, 1.32, 1.6, 1.7]).astype(
        np.float32
    )
    depth = np.interp(y, [40, 110, 195, 225], [46, 54, 70, 74]).astype(np.float32)
    middle = np.interp(y, [40, 110, 195], [-14, -14, -22]).astype(np.float32)
    xyz = _wrap(y, width, depth, middle, angle)
    x, v = xyz[..., 0], xyz[..., 1]
    tendon = np.exp(-0.5 * ((np.abs(x) - np.interp(v, [110, 190], [38, 12])) / 5.5) ** 2)
    xyz[..., 2] += 2.6 * tendon
    if person.gender == "man":
        xyz[..., 2] += 3.0 * np.exp(-0.5 * ((x / 7) ** 2 + ((v - 142) / 9) ** 2))
    tone = np.asarray(person.skin, np.float32) * np.array([0.97, 0.93, 0.92], np.float32)
    shade = np.ones(x.shape, np.float32) - 0.10 * tendon
    albedo = finer(shade.astype(np.float32))[..., None] * tone
    sky = (0.35 + 0.65 * smoothstep(105, 165, v)).astype(np.float32)
    return Mesh(xyz, grid_normals(xyz), albedo.astype(np.float32), np.full(x.shape, 0.18, np.float32), sky)


def build_torso(person: Appearance, clothing: Clothing, lowest: float) -> Mesh:
    """Shoulders and chest in their clothes, upright, in head coordinates of a frontal pose.

    lowest: y (mm) below which nothing has to be built.
    """
    rng = np.random.default_rng(clothing.seed)
    step = np.linspace(0, 1, 100, dtype=np.float32)
    angle = np.linspace(-1.8, 1.8, 170, dtype=np.float32)
    broad = 205.0 if person.gender == "man" else 178.0
    neck = (60.0 if person.gender == "man" else 53.0) + 2.2 * person.shape["jaw_width"]
    y = np.interp(step, [0, 0.25, 0.5, 0.75, 1.0], [136, 151, 176, 224, 335]).astype(np.float32)
    width = np.interp(
        step, [0, 0.25, 0.5, 0.7, 0.85, 1], [neck, neck * 1.5, broad * 0.80, broad, broad * 1.04, broad]
    )
    depth = np.interp(step, [0, 0.12, 0.3, 0.6, 1.0], [61, 64, 74, 92, 112])
    middle = np.interp(step, [0, 1.0], [-19, -22])
    soft = np.ones(9, np.float32) / 9
    round_width, round_depth = (
        np.convolve(np.pad(c, 4, mode="edge"), soft, "valid").astype(np.float32) for c in (width, depth)
    )
    xyz = _wrap(y, round_width, round_depth, middle.astype(np.float32), angle)
    rows = int(np.searchsorted(y, lowest)) + 2
    xyz, step = np.ascontiguousarray(xyz[:rows]), step[:rows]
    # a collar lies lower in front than at the sides
    xyz[..., 1] += 17 * np.cos(angle)[None] * ((1 - step) ** 2)[:, None]
    folds = smooth_noise(rng, xyz.shape[:2], (17, 11)) * 3.0 * smoothstep(0.2, 0.6, step)[:, None]
    xyz[..., 2] += folds
    x, v = finer(xyz[..., 0]), finer(xyz[..., 1])
    share = np.minimum(np.abs(x) * np.float32(1 / (30 + 16 * clothing.neckline)), np.float32(1))
    line = 1 - share ** np.float32(2.2 - 1.0 * clothing.neckline)
    line = 130 + np.float32(26 + 60 * clothing.neckline) * line
    albedo = _cloth(clothing, x, v, rng, np.float32(1) - np.float32(0.3) * ridge(v - line - 5, 1.0))
    keep = v > line
    sky = np.full(xyz.shape[:2], 0.92, np.float32) * (0.6 + 0.4 * smoothstep(0.0, 0.4, step))[:, None]
    return Mesh(
        xyz,
        grid_normals(xyz),
        albedo,
        np.full(folds.shape, 0.03, np.float32),
        sky,
        keep,
        scatter=0.15,
    )


def _cloth(clothing: Clothing, x: Array, v: Array, rng: np.random.Generator, shade: Array) -> Array:
    """Albedo float32 (H, W, 3) at the positions x and v, darkened by `shade`."""
    first = np.asarray(clothing.colour, np.float32)
    second = np.asarray(clothing.second_colour, np.float32)
    weave = (1 + np.float32(0.07) * smooth_noise(rng, (x.shape[0], x.shape[1]), (2, 2))) * shade
    if clothing.pattern == "plain":
        plain: Array = cv2.merge([weave * part for part in first]).astype(np.float32, copy=False)
        return plain
    wave = np.float32(2 * np.pi / (9.0 + 18.0 * rng.random()))
    share = smoothstep(-0.1, 0.1, np.sin(v * wave))
    if clothing.pattern == "checks":
        share = np.float32(0.5) * (share + smoothstep(-0.1, 0.1, np.sin(x * wave)))
    share *= weave
    weave -= share
    colours = [weave * a + share * b for a, b in zip(first, second, strict=True)]
    patterned: Array = cv2.merge(colours).astype(np.float32, copy=False)
    return patterned
