"""Light on a mesh: a soft key light with shadows, sky and ground, skin scatter and highlights."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import channels
from facetrust.sample.noise import smoothstep

Array = NDArray[np.float32]

# how far each colour of light wraps around a terminator of skin
_WRAP = np.array([0.42, 0.24, 0.18], np.float32)
_BLEED = np.array([1.0, 0.15, 0.0], np.float32)
_UP, _FRONT = np.array([0, -0.5, 0], np.float32), np.array([0, 0, 0.28], np.float32)
_CELL = 2.5  # mm, resolution of the shadow map
_MAP_SIDE = 280


@dataclass(frozen=True)
class Light:
    """Light of one photograph, in camera coordinates (x right, y down, z towards the camera).

    direction: unit vector towards the key light; key, sky, ground: linear RGB; softness: 0 hard .. 1 soft.
    """

    direction: tuple[float, float, float]
    key: tuple[float, float, float]
    sky: tuple[float, float, float]
    ground: tuple[float, float, float]
    softness: float

    @staticmethod
    def random(rng: np.random.Generator) -> Light:
        """Daylight, rooms, and a few strongly one-sided lights."""
        azimuth = np.radians(float(np.clip(rng.normal(0, 24), -60, 60)))
        height = np.radians(float(np.clip(rng.normal(28, 14), -4, 58)))
        direction = (
            float(np.sin(azimuth) * np.cos(height)),
            float(-np.sin(height)),
            float(np.cos(azimuth) * np.cos(height)),
        )
        warm = float(rng.normal(0, 0.10))
        key = float(rng.uniform(0.65, 1.25)) * np.array([1 + warm, 1.0, 1 - warm])
        share = float(rng.uniform(0.22, 0.75))
        cool = float(rng.normal(0.0, 0.08))
        sky = share * np.array([1 - cool, 1.0, 1 + cool])
        ground = share * float(rng.uniform(0.35, 0.8)) * np.array([1 + abs(cool), 1.0, 1 - abs(cool)])
        return Light(direction, _rgb(key), _rgb(sky), _rgb(ground), float(rng.uniform(0.15, 1.0)))


def _rgb(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


@dataclass(frozen=True)
class ShadowMap:
    """Distance of the nearest surface along the light for every cell across the light."""

    right: Array
    down: Array
    towards: Array
    depth: Array

    @staticmethod
    def of(light: Light, surfaces: list[Array]) -> ShadowMap:
        """From camera-space vertices (n, 3) mm of everything that casts a shadow."""
        towards = np.asarray(light.direction, np.float32)
        right = np.cross(np.array([0, 1, 0], np.float32), towards)
        right = (right / np.linalg.norm(right)).astype(np.float32)
        down = np.cross(towards, right).astype(np.float32)
        depth = np.full(_MAP_SIDE * _MAP_SIDE, -1e4, np.float32)
        axes = np.stack([right / _CELL, down / _CELL, towards], axis=1)
        for points in surfaces:
            across, along, height = (points @ axes).T
            column = (across + _MAP_SIDE / 2).astype(np.int32)
            row = (along + _MAP_SIDE / 2).astype(np.int32)
            inside = (column >= 0) & (column < _MAP_SIDE) & (row >= 0) & (row < _MAP_SIDE)
            np.maximum.at(depth, row[inside] * _MAP_SIDE + column[inside], height[inside])
        grid = cv2.morphologyEx(
            depth.reshape(_MAP_SIDE, _MAP_SIDE), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
        )
        return ShadowMap(right, down, towards, grid.astype(np.float32, copy=False))

    def lit(self, points: Array, softness: float) -> Array:
        """Share of the key light 0..1 that reaches camera-space points (H, W, 3)."""
        axes = np.zeros((3, 4), np.float32)
        axes[:, :3] = self.right / np.float32(_CELL), self.down / np.float32(_CELL), self.towards
        axes[:2, 3] = _MAP_SIDE / 2 - 0.5
        # shadows are soft: every second vertex will do
        x, y, height = channels(cv2.transform(np.ascontiguousarray(points[::2, ::2]), axes))
        nearest = cv2.remap(
            self.depth, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=-1e4
        )
        lit = smoothstep(9.0, 5.0, nearest - height)
        soft = cv2.GaussianBlur(lit, (0, 0), 0.9 + 2.2 * softness)
        size = (points.shape[1], points.shape[0])
        return cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def shade(
    light: Light, normal: Array, lit: Array, open_sky: Array, shine: Array, scatter: float
) -> tuple[Array, Array]:
    """(irradiance (H, W, 3), strength of the highlight (H, W)) of a grid with camera-space normals.

    The colour of the highlight is that of the key light.
    """
    towards = np.asarray(light.direction, np.float32)
    half = towards + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    # one channel at a time: OpenCV is slow from three channels to four
    facing, mirror, upward, ambient = (
        cv2.transform(normal, np.append(axis, np.float32(shift))[None]).astype(np.float32, copy=False)
        for axis, shift in ((towards, 0), (half, 0), (_UP, 0.5), (_FRONT, 0.72))
    )
    ambient *= open_sky
    bled = lit * (1 - lit)
    colours = []
    for i in range(3):
        wrap = _WRAP[i] * np.float32(scatter)
        diffuse = facing + wrap
        diffuse *= 1 / (1 + wrap)
        np.maximum(diffuse, np.float32(0), out=diffuse)
        np.minimum(diffuse, np.float32(1), out=diffuse)
        # an S-shaped fall-off: t * (0.65 + 0.35 * t * (3 - 2 * t))
        curve = np.float32(1.05) - np.float32(0.7) * diffuse
        curve *= diffuse
        curve += np.float32(0.65)
        diffuse *= curve
        # light that bleeds under the skin makes the edges of shadows red
        bleed = np.float32(0.5 * scatter) * _BLEED[i]
        diffuse *= lit + bleed * bled if bleed > 0 else lit
        diffuse *= np.float32(light.key[i])
        sky, ground = np.float32(light.sky[i]), np.float32(light.ground[i])
        around = upward * (sky - ground)
        around += ground
        around *= ambient
        diffuse += around
        colours.append(diffuse)
    irradiance = cv2.merge(colours).astype(np.float32, copy=False)
    return irradiance, _glint(mirror, light.softness) * shine * lit


def _glint(mirror: Array, softness: float) -> Array:
    """The highlight of skin where the cosine to the mirror direction is `mirror`."""
    fourth = np.maximum(mirror, np.float32(0))
    fourth *= fourth
    fourth *= fourth
    eighth = fourth * fourth
    sharp = eighth * eighth
    sharp *= sharp
    sharp *= eighth * np.float32(0.10 * (1.2 - softness))
    shine: Array = eighth * fourth * np.float32(0.085) + sharp
    return shine
