"""A grid of vertices with its colours: what the rasteriser draws."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Array = NDArray[np.float32]

FINE = 2  # texels per vertex along each side of a grid, where detail matters


@dataclass(frozen=True)
class Mesh:
    """A surface patch; D is FINE or 1.

    xyz: float32 (H, W, 3) mm; x right, y down, z towards the camera of a frontal photograph.
    normal: float32 (H, W, 3) outward unit normals.
    albedo: float32 (D*H, D*W, 3) linear RGB 0..1.
    shine: float32 (H, W), strength of the specular reflection, 0..1.
    open_sky: float32 (H, W), share of the ambient light that reaches the surface, 0..1.
    keep: bool (D*H, D*W), texels that exist; None keeps all.
    region: float32 (D*H, D*W), a label that is drawn along; None means 0.
    scatter: how far light bleeds under the surface (skin 1, cloth and hair about 0.2).
    turned: cosine by which a vertex may be turned away and still be drawn, a little above 0 so that
    silhouettes have no holes, more where normals are rough; from 1 on, it is drawn from the inside as well.
    """

    xyz: Array
    normal: Array
    albedo: Array
    shine: Array
    open_sky: Array
    keep: NDArray[np.bool_] | None = None
    region: Array | None = None
    scatter: float = 1.0
    turned: float = 0.02

    @property
    def detail(self) -> int:
        """Texels per vertex along each side."""
        return len(self.albedo) // len(self.xyz)

    def cropped(self, rows: slice, columns: slice) -> "Mesh":
        """The part between some vertices, sharing this mesh's memory."""
        fine = tuple(slice(part.start * self.detail, part.stop * self.detail) for part in (rows, columns))
        coarse = (rows, columns)
        return Mesh(
            self.xyz[coarse],
            self.normal[coarse],
            self.albedo[fine],
            self.shine[coarse],
            self.open_sky[coarse],
            None if self.keep is None else self.keep[fine],
            None if self.region is None else self.region[fine],
            self.scatter,
            self.turned,
        )


def finer(field: Array, detail: int = FINE) -> Array:
    """The field (H, W[, C]) interpolated to the texels (detail*H, detail*W[, C])."""
    if detail == 1:
        return field
    large = cv2.resize(field, None, fx=detail, fy=detail, interpolation=cv2.INTER_LINEAR)
    return large.astype(np.float32, copy=False)


def coarser(field: Array) -> Array:
    """The field (FINE*H, FINE*W) averaged to the vertices (H, W)."""
    small = cv2.resize(field, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32, copy=False)


def channels(field: MatLike) -> tuple[Array, ...]:
    """The channels (H, W) of a field (H, W, C), each in its own memory: numpy is slow along short axes."""
    return tuple(channel.astype(np.float32, copy=False) for channel in cv2.split(field))


def grid_normals(xyz: Array) -> Array:
    """Unit normals of a grid whose columns run to the right and rows run down, seen from outside."""
    kernel = np.array([[-0.5, 0.0, 0.5]], np.float32)
    along = cv2.filter2D(xyz, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(xyz, -1, kernel.T, borderType=cv2.BORDER_REPLICATE)
    ax, ay, az = channels(along)
    dx, dy, dz = channels(down)
    x, y, z = ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx
    shorten = x * x
    shorten += y * y
    shorten += z * z
    np.sqrt(shorten, out=shorten)
    shorten += np.float32(1e-6)
    np.reciprocal(shorten, out=shorten)
    for part in (x, y, z):
        part *= shorten
    return cv2.merge([x, y, z]).astype(np.float32, copy=False)
