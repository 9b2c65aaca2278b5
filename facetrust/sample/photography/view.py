"""The camera's place, and which part of a mesh it may see."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import Mesh, channels

Array = NDArray[np.float32]

_MARGIN = 2.0  # pixels around the picture where vertices still matter


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
        return np.stack(self.project_each(points[..., 0], points[..., 1], points[..., 2]), axis=-1)

    def project_each(self, x: Array, y: Array, z: Array) -> tuple[Array, Array]:
        """The same for separate coordinates: columns and rows in pixels."""
        zoom = np.float32(self.scale * self.distance) / (np.float32(self.distance) - z)
        return x * zoom + np.float32(self.centre[0]), y * zoom + np.float32(self.centre[1])


@dataclass(frozen=True)
class Placed:
    """The part of a mesh that the camera may see.

    points, normal: float32 (H, W, 3) in camera space; column, row: float32 (H, W) pixels; seen: bool (H, W),
    vertices inside the picture and not turned away; side: width and height of the photograph, pixels.
    """

    mesh: Mesh
    points: Array
    normal: Array
    column: Array
    row: Array
    seen: NDArray[np.bool_]
    side: int


def place(view: View, mesh: Mesh, points: Array, normal: Array) -> Placed | None:
    """Cut a mesh down to what may be seen; None if that is nothing."""
    x, y, z = channels(points)
    column, row = view.project_each(x, y, z)
    low, high = np.float32(-_MARGIN), np.float32(view.side + _MARGIN)
    seen = (column > low) & (column < high) & (row > low) & (row < high)
    if mesh.turned < 1:
        # distance times cosine of the angle to the camera, mm
        away = np.float32(view.distance) * normal[..., 2]
        x *= normal[..., 0]
        y *= normal[..., 1]
        z *= normal[..., 2]
        away -= x
        away -= y
        away -= z
        seen &= away > np.float32(-mesh.turned * view.distance)
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
    return Placed(
        mesh.cropped(*part), points[part], normal[part], column[part], row[part], seen[part], view.side
    )
