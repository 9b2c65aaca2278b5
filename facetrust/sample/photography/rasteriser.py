"""Draws meshes by splatting their texels into a depth buffer finer than the photograph."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import finer
from facetrust.sample.photography.view import Placed, View

Array = NDArray[np.float32]

SUPERSAMPLE = 1.5  # subpixels per pixel along each side
_NO_FRACTIONS = np.empty(0, np.uint16)  # for remap, beside whole coordinates
_FRAME = 16  # subpixels around the picture that absorb what is splatted there
_DEPTH_UNIT = 1 << 22  # keys hold a depth above a texel's place in 22 bits; both are exact in a float64


@dataclass(frozen=True)
class Shaded:
    """A placed mesh and the light on every vertex: irradiance (H, W, 3), highlight (H, W)."""

    placed: Placed
    irradiance: Array
    highlight: Array


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
    side = round(SUPERSAMPLE * view.side)
    sheet = _Sheet.of(surfaces)
    layers: dict[int, NDArray[np.float64]] = {}
    for surface, row in zip(surfaces, sheet.first_rows, strict=True):
        width = _footprint(surface.placed)
        if width not in layers:
            layers[width] = np.full((side + 2 * _FRAME) ** 2, -1.0)
        _splat(surface.placed, row, width, sheet.bits, layers[width])
    nearest: NDArray[np.float64] | None = None
    for width, layer in layers.items():
        # each texel covers a small square of subpixels; the square ends at the subpixel of the maximum
        square = np.ones((width, width), np.uint8)
        spread = cv2.dilate(layer.reshape(side + 2 * _FRAME, -1), square, anchor=(width - 1, width - 1))
        inner = spread[_FRAME:-_FRAME, _FRAME:-_FRAME].astype(np.float64, copy=False)
        nearest = inner if nearest is None else np.maximum(nearest, inner, out=nearest)
    assert nearest is not None, "there is nothing to draw"
    covered = nearest >= 0
    texel = nearest.astype(np.int64).astype(np.int32)  # the low bits, whatever the depth
    texel &= np.int32(_DEPTH_UNIT - 1)
    where = np.empty((side, side, 2), np.int16)
    where[..., 0] = texel & np.int32((1 << sheet.bits) - 1)
    where[..., 1] = texel >> np.int32(sheet.bits)
    # what nothing covers is -1, all bits set, and so far below the sheet: zero
    colour = cv2.remap(sheet.colours(surfaces, highlight), where, _NO_FRACTIONS, cv2.INTER_NEAREST)
    region = cv2.remap(sheet.regions(surfaces), where, _NO_FRACTIONS, cv2.INTER_NEAREST)
    return Raster(colour.astype(np.float32, copy=False), covered, region.astype(np.float32, copy=False))


@dataclass(frozen=True)
class _Sheet:
    """How the texels of all surfaces lie in one picture: below one another, from the left edge.

    bits: the picture is 2**bits texels wide; first_rows: of every surface; rows: of the picture.
    """

    bits: int
    first_rows: tuple[int, ...]
    rows: int

    @staticmethod
    def of(surfaces: list[Shaded]) -> _Sheet:
        shapes = [surface.placed.mesh.albedo.shape for surface in surfaces]
        edges = np.cumsum([0, *(shape[0] for shape in shapes)])
        bits = max((shape[1] - 1).bit_length() for shape in shapes)
        return _Sheet(bits, tuple(int(edge) for edge in edges[:-1]), int(edges[-1]))

    def colours(self, surfaces: list[Shaded], highlight: tuple[float, float, float]) -> Array:
        """Linear colours of the lit texels, float32 (rows, 2**bits, 3)."""
        picture = np.empty((self.rows, 1 << self.bits, 3), np.float32)
        tint = np.asarray(highlight, np.float32)
        for surface, row in zip(surfaces, self.first_rows, strict=True):
            mesh = surface.placed.mesh
            rows, columns = mesh.albedo.shape[:2]
            lit = picture[row : row + rows, :columns]
            np.multiply(finer(surface.irradiance, mesh.detail), mesh.albedo, out=lit)
            lit += finer(cv2.merge([surface.highlight * part for part in tint]), mesh.detail)
        return picture

    def regions(self, surfaces: list[Shaded]) -> Array:
        """Mesh.region of the texels, float32 (rows, 2**bits)."""
        picture = np.zeros((self.rows, 1 << self.bits), np.float32)
        for surface, row in zip(surfaces, self.first_rows, strict=True):
            region = surface.placed.mesh.region
            if region is not None:
                picture[row : row + region.shape[0], : region.shape[1]] = region
        return picture


def _splat(placed: Placed, first_row: int, width: int, bits: int, layer: NDArray[np.float64]) -> None:
    """Raise `layer` to the (depth, texel) keys of one mesh at the subpixel where each texel lies."""
    mesh = placed.mesh
    stride = round(SUPERSAMPLE * placed.side) + 2 * _FRAME
    # an odd footprint is centred on the texel, an even one begins at the subpixel that it lies in
    shift = np.float32(_FRAME - (0.0 if width % 2 == 0 else (width - 1) / 2))
    column, row = (
        finer(pixels * np.float32(SUPERSAMPLE) + shift, mesh.detail).astype(np.int32)
        for pixels in (placed.column, placed.row)
    )
    row *= np.int32(stride)
    row += column
    depth = finer(placed.points[..., 2], mesh.detail) + np.float32(2000)
    depth *= np.float32(64)
    key = depth.astype(np.int32).astype(np.float64)
    key *= _DEPTH_UNIT
    texels = np.arange(first_row, first_row + key.shape[0], dtype=np.float64) * (1 << bits)
    key += texels[:, None] + np.arange(key.shape[1], dtype=np.float64)
    size = (key.shape[1], key.shape[0])
    visible = cv2.resize(placed.seen.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    if mesh.keep is not None:
        visible = visible & mesh.keep.view(np.uint8)
    index = np.flatnonzero(visible)
    np.maximum.at(layer, np.take(row, index), np.take(key, index))


def _footprint(placed: Placed) -> int:
    """2 to 5 subpixels: what it takes to leave no holes between neighbouring texels."""
    # hair is rough all over, so its widest steps matter; on a face they are a few texels below the nose
    share = 0.995 if placed.mesh.turned > 0.1 else 0.97
    widest = 0.0
    for pixels in (placed.column, placed.row):
        for step in (np.diff(pixels[::17], axis=1), np.diff(pixels[:, ::17], axis=0)):
            if step.size:
                ordered = np.sort(np.abs(step), axis=None)
                widest = max(widest, float(ordered[int(share * (ordered.size - 1))]))
    widest *= SUPERSAMPLE / placed.mesh.detail
    return int(np.clip(np.ceil(widest + 0.5), 2, 5))


def shrink(raster_field: Array) -> Array:
    """The field (S, S[, C]) averaged over the pixels of the photograph."""
    size = (round(raster_field.shape[1] / SUPERSAMPLE), round(raster_field.shape[0] / SUPERSAMPLE))
    return cv2.resize(raster_field, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
