"""Draws meshes by splatting their texels into a depth buffer at twice the photograph's resolution."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from align.sample.mesh import Mesh, finer

Array = NDArray[np.float32]

SUPERSAMPLE = 2
_BACK = -20.0  # mm: a little behind the horizon, so that silhouettes have no holes
_MARGIN = 2.0  # pixels around the picture where vertices still matter
_FRAME = 16  # subpixels around the picture that absorb what is splatted there


@dataclass(frozen=True)
class View:
    """Camera: a point p (mm, camera space) is seen at centre + scale * p.xy * distance / (distance - p.z).

    centre: pixels; scale: pixels per mm at z = 0; distance: mm; side: width and height of the photograph.
    """

    centre: tuple[float, float]
    scale: float
    distance: float
    side: int

    def project(self, points: Array) -> Array:
        """Pixels (..., 2) of camera-space points (..., 3)."""
        zoom = np.float32(self.scale * self.distance) / (np.float32(self.distance) - points[..., 2])
        pixels = np.empty((*points.shape[:-1], 2), np.float32)
        for i in (0, 1):  # one coordinate at a time: numpy is slow along short last axes
            pixels[..., i] = points[..., i] * zoom + np.float32(self.centre[i])
        return pixels


@dataclass(frozen=True)
class Placed:
    """The part of a mesh that the camera may see.

    points, normal: float32 (H, W, 3) in camera space; pixels: float32 (H, W, 2); seen: bool (H, W), vertices
    inside the picture and not turned away.
    """

    mesh: Mesh
    points: Array
    normal: Array
    pixels: Array
    seen: NDArray[np.bool_]


@dataclass(frozen=True)
class Shaded:
    """A placed mesh and the light on every vertex: irradiance (H, W, 3), highlight (H, W)."""

    placed: Placed
    irradiance: Array
    highlight: Array


def place(view: View, mesh: Mesh, points: Array, normal: Array) -> Placed | None:
    """Cut a mesh down to what may be seen; None if that is nothing."""
    pixels = view.project(points)
    low, high = np.float32(-_MARGIN), np.float32(view.side + _MARGIN)
    column, row = pixels[..., 0], pixels[..., 1]
    seen = (column > low) & (column < high) & (row > low) & (row < high)
    if not mesh.two_sided:
        # distance times cosine of the angle to the camera, mm
        along = sum(normal[..., i] * points[..., i] for i in range(3))
        seen &= np.float32(view.distance) * normal[..., 2] - along > _BACK
    if mesh.keep is not None:
        seen &= (
            cv2.dilate(
                cv2.resize(mesh.keep.view(np.uint8), seen.shape[::-1], interpolation=cv2.INTER_NEAREST),
                np.ones((3, 3), np.uint8),
            )
            > 0
        )
    window = []
    for axis in (1, 0):
        found = np.flatnonzero(seen.any(axis=axis))
        if found.size == 0:
            return None
        window.append(slice(max(int(found[0]) - 1, 0), min(int(found[-1]) + 2, seen.shape[1 - axis])))
    part = (window[0], window[1])
    return Placed(mesh.cropped(*part), points[part], normal[part], pixels[part], seen[part])


@dataclass(frozen=True)
class Raster:
    """What the camera sees, S = SUPERSAMPLE * View.side.

    colour: float32 (S, S, 3) linear; covered: bool (S, S); region: float32 (S, S), Mesh.region drawn there.
    """

    colour: Array
    covered: NDArray[np.bool_]
    region: Array


def draw(view: View, surfaces: list[Shaded], highlight: tuple[float, float, float]) -> Raster:
    """Rasterise the surfaces; the nearest texel wins. `highlight`: linear RGB of the highlights."""
    side = SUPERSAMPLE * view.side
    nearest = np.full((side + 2 * _FRAME) ** 2, -1, np.int64)
    offsets = np.cumsum([0, *(s.placed.mesh.albedo[..., 0].size for s in surfaces)])
    for surface, offset in zip(surfaces, offsets[:-1], strict=True):
        _splat(side, surface.placed, int(offset), nearest)
    nearest = nearest.reshape(side + 2 * _FRAME, -1)[_FRAME:-_FRAME, _FRAME:-_FRAME].reshape(-1)
    covered = nearest >= 0
    drawn = np.flatnonzero(covered)
    texels = (nearest[drawn] & 0xFFFFFFFF).astype(np.int32)
    colour = np.zeros((side * side, 3), np.float32)
    region = np.zeros(side * side, np.float32)
    for surface, start, stop in zip(surfaces, offsets[:-1], offsets[1:], strict=True):
        mine = np.flatnonzero((texels >= start) & (texels < stop))
        texel, pixel = texels[mine] - np.int32(start), drawn[mine]
        mesh = surface.placed.mesh
        lit = np.take(finer(surface.irradiance, mesh.detail).reshape(-1, 3), texel, axis=0)
        lit *= np.take(mesh.albedo.reshape(-1, 3), texel, axis=0)
        glint = np.take(finer(surface.highlight, mesh.detail).reshape(-1), texel)
        for i in range(3):
            lit[:, i] += glint * np.float32(highlight[i])
        colour[pixel] = lit
        if mesh.region is not None:
            region[pixel] = np.take(mesh.region.reshape(-1), texel)
    return Raster(colour.reshape(side, side, 3), covered.reshape(side, side), region.reshape(side, side))


def _splat(side: int, placed: Placed, offset: int, nearest: NDArray[np.int64]) -> None:
    """Write (depth, texel) keys of one mesh into `nearest`, each texel over a small square of subpixels."""
    mesh = placed.mesh
    pixels = placed.pixels * np.float32(SUPERSAMPLE) + np.float32(_FRAME)
    width = _footprint(pixels, mesh)
    where = cv2.merge([pixels, placed.points[..., 2]]).astype(np.float32, copy=False)
    fine = finer(where, mesh.detail)
    size = (fine.shape[1], fine.shape[0])
    visible = cv2.resize(placed.seen.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    if mesh.keep is not None:
        visible = visible & mesh.keep.view(np.uint8)
    index = np.flatnonzero(visible)
    seen = np.take(fine.reshape(-1, 3), index, axis=0)
    key = (((seen[:, 2] + 2000) * 64).astype(np.int64) << 32) | (index + offset)
    # an odd footprint is centred on the texel, an even one begins at the subpixel that it lies in
    corner = (seen[:, :2] - np.float32(0.0 if width % 2 == 0 else (width - 1) / 2)).astype(np.int32)
    stride = side + 2 * _FRAME
    pixel = (corner[:, 1] * stride + corner[:, 0]).astype(np.int64)
    for down in range(width):
        for right in range(width):
            np.maximum.at(nearest, pixel + (down * stride + right), key)


def _footprint(pixels: Array, mesh: Mesh) -> int:
    """2 to 5 subpixels: what it takes to leave no holes between neighbouring texels."""
    sparse = pixels[::17], pixels[:, ::17]
    steps = [np.abs(np.diff(sparse[axis], axis=1 - axis)) for axis in (0, 1)]
    # hair is rough all over, so its widest steps matter; on a face they are a few texels below the nose
    share = 99.5 if mesh.two_sided else 97
    widest = max(float(np.percentile(step, share)) for step in steps if step.size) / mesh.detail
    return int(np.clip(np.ceil(widest + 0.5), 2, 5))


def shrink(raster_field: Array) -> Array:
    """Average of each SUPERSAMPLE x SUPERSAMPLE block."""
    size = (raster_field.shape[1] // SUPERSAMPLE, raster_field.shape[0] // SUPERSAMPLE)
    return cv2.resize(raster_field, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
