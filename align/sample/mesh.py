"""A grid of vertices with its colours: what the rasteriser draws."""

from dataclasses import dataclass

import cv2
import numpy as np
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
    two_sided: draw it from the inside as well.
    """

    xyz: Array
    normal: Array
    albedo: Array
    shine: Array
    open_sky: Array
    keep: NDArray[np.bool_] | None = None
    region: Array | None = None
    scatter: float = 1.0
    two_sided: bool = False

    @property
    def detail(self) -> int:
        """Texels per vertex along each side."""
        return self.albedo.shape[0] // self.xyz.shape[0]

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
            self.two_sided,
        )


def finer(field: Array, detail: int = FINE) -> Array:
    """The field (H, W[, C]) interpolated to the texels (detail*H, detail*W[, C])."""
    if detail == 1:
        return field
    large = cv2.resize(field, None, fx=detail, fy=detail, interpolation=cv2.INTER_LINEAR)
    return large.astype(np.float32, copy=False)


def grid_normals(xyz: Array) -> Array:
    """Unit normals of a grid whose columns run to the right and rows run down, seen from outside."""
    kernel = np.array([[-0.5, 0.0, 0.5]], np.float32)
    along = cv2.filter2D(xyz, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(xyz, -1, kernel.T, borderType=cv2.BORDER_REPLICATE)
    ax, ay, az = cv2.split(along)
    dx, dy, dz = cv2.split(down)
    normal = cv2.merge([ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx])
    length = np.sqrt(np.einsum("hwc,hwc->hw", normal, normal)) + np.float32(1e-6)
    return normal / length[..., None]
