"""A person's head: what is built once per person."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import FINE, Mesh, finer
from facetrust.sample.noise import bump, smoothstep
from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.body import build_neck
from facetrust.sample.people.ears import build_ears
from facetrust.sample.people.hair import build_hair, covered_rows, grow_hairline
from facetrust.sample.people.head_geometry import (
    ARC_END,
    ARC_RADIUS,
    STEP,
    V_TOP,
    Skull,
    build_skull,
    face_relief,
)
from facetrust.sample.people.skin import paint_skin

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """The parts of one person that no photograph changes.

    relief: float32 (ROWS, COLUMNS) mm, without the mouth; smooth_relief: the same without detail.
    albedo: float32 (FINE*ROWS, FINE*COLUMNS, 3); shine: float32 (ROWS, COLUMNS).
    fine_x, fine_v: float32 (FINE*ROWS, FINE*COLUMNS), face coordinates of the texels.
    inner_face: float32 (FINE*ROWS, FINE*COLUMNS), 1 from the brows to the chin.
    still: meshes that move with the head but have no expression (hair, ears); neck: upright.
    first_row: the rows above it lie under hair.
    """

    person: Appearance
    skull: Skull
    relief: Array
    smooth_relief: Array
    albedo: Array
    shine: Array
    fine_x: Array
    fine_v: Array
    inner_face: Array
    still: tuple[Mesh, ...]
    neck: Mesh
    first_row: int

    @property
    def front(self) -> tuple[slice, slice]:
        """Rows and columns of a face's mesh that hold the inner face and some skin around it."""
        rows = (round((v - V_TOP) / STEP) - self.first_row for v in (-72, 136))
        columns = (round((arc + ARC_END) / STEP) for arc in (-140, 140))
        return slice(*rows), slice(*columns)

    @staticmethod
    def of(person: Appearance) -> Head:
        """Build the head of a person."""
        skull = build_skull(person)
        relief = face_relief(person, skull)
        fine_x, fine_v = finer(skull.x), finer(skull.v)
        albedo = paint_skin(person, skull, fine_x, fine_v)
        grow_hairline(person, albedo, fine_v)
        oval = np.hypot(fine_x / 56, (fine_v - 40) / 72)
        front = smoothstep(
            95, 75, np.abs(np.degrees((np.arange(fine_x.shape[1]) / FINE * STEP - ARC_END) / ARC_RADIUS))
        )
        inner = smoothstep(1.05, 0.85, oval) * front[None].astype(np.float32)
        return Head(
            person,
            skull,
            relief,
            cv2.GaussianBlur(relief, (0, 0), 7 / STEP).astype(np.float32, copy=False),
            albedo,
            _shine(person, skull),
            fine_x,
            fine_v,
            inner,
            (*build_hair(person, skull, relief), *build_ears(person, skull)),
            build_neck(person),
            covered_rows(person),
        )


def _shine(person: Appearance, skull: Skull) -> Array:
    side, v = np.abs(skull.x), skull.v
    shine = 0.30 + 0.40 * bump(side, v, 0, 34, 7, 14) + 0.30 * bump(side, v, 0, -45, 34, 18)
    shine += 0.25 * bump(side, v, 40, 22, 14, 9) + 0.15 * bump(side, v, 0, 103, 12, 8)
    return shine.astype(np.float32)
