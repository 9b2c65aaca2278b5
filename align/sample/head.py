"""A person's head: what is built once per person, and the face shaped for one expression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from align.sample.body import build_neck
from align.sample.ears import build_ears
from align.sample.expression import Expression
from align.sample.eyes import catchlight, eye_height, paint_eye
from align.sample.hair import build_hair
from align.sample.head_geometry import (
    ARC_END,
    ARC_RADIUS,
    STEP,
    V_TOP,
    Skull,
    build_skull,
    face_relief,
    vertex_of,
)
from align.sample.mesh import FINE, Mesh, finer, grid_normals
from align.sample.mouth import mouth_corner, mouth_relief, paint_mouth
from align.sample.noise import bump, smoothstep
from align.sample.person import Person
from align.sample.skin import paint_skin

Array = NDArray[np.float32]

_EYE_ROWS, _MOUTH_ROWS = (-17, 19), (48, 112)
_EYE_ARC, _MOUTH_ARC = (4, 82), (-72, 72)


@dataclass(frozen=True)
class Head:
    """The parts of one person that no photograph changes.

    relief: float32 (ROWS, COLUMNS) mm, without the mouth; smooth_relief: the same without detail.
    albedo: float32 (FINE*ROWS, FINE*COLUMNS, 3); shine: float32 (ROWS, COLUMNS).
    fine_x, fine_v: float32 (FINE*ROWS, FINE*COLUMNS), face coordinates of the texels.
    inner_face: float32 (FINE*ROWS, FINE*COLUMNS), 1 from the brows to the chin.
    still: meshes that move with the head but have no expression (hair, ears); neck: upright.
    """

    person: Person
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

    @staticmethod
    def of(person: Person) -> Head:
        """Build the head of a person."""
        skull = build_skull(person)
        relief = face_relief(person, skull)
        fine_x, fine_v = finer(skull.x), finer(skull.v)
        albedo = paint_skin(person, skull, fine_x, fine_v)
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
        )


def _shine(person: Person, skull: Skull) -> Array:
    side, v = np.abs(skull.x), skull.v
    shine = 0.30 + 0.40 * bump(side, v, 0, 34, 7, 14) + 0.30 * bump(side, v, 0, -45, 34, 18)
    shine += 0.25 * bump(side, v, 40, 22, 14, 9) + 0.15 * bump(side, v, 0, 103, 12, 8)
    return shine.astype(np.float32)


@dataclass(frozen=True)
class Face:
    """The head grid with an expression; landmarks: float32 (5, 3) mm in head coordinates."""

    mesh: Mesh
    landmarks: Array


def shape_face(head: Head, expression: Expression, light_xy: tuple[float, float]) -> Face:
    """The face with an expression; `light_xy` is the light's direction, for the catchlights in the eyes."""
    skull, person = head.skull, head.person
    relief = head.relief + _moving_relief(head, expression)
    moved_y = skull.y + _slide(skull, expression)
    moved = [skull.x + relief * skull.out_x, moved_y, skull.z + relief * skull.out_z]
    xyz = cv2.merge(moved).astype(np.float32, copy=False)
    albedo = head.albedo.copy()
    shine = head.shine.copy()
    for side in (-1, 1):
        arc = _EYE_ARC if side > 0 else (-_EYE_ARC[1], -_EYE_ARC[0])
        fine, coarse = _window(_EYE_ROWS, arc)
        x, v = head.fine_x[fine], head.fine_v[fine]
        albedo[fine], wet = paint_eye(person, expression, side, x, v, albedo[fine])
        albedo[fine] += 1.4 * catchlight(person, expression, side, x, v, light_xy)[..., None]
        shine[coarse] += 0.5 * cv2.resize(wet, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA)
    fine, coarse = _window(_MOUTH_ROWS, _MOUTH_ARC)
    albedo[fine], lips = paint_mouth(person, expression, head.fine_x[fine], head.fine_v[fine], albedo[fine])
    shine[coarse] += 0.35 * cv2.resize(lips, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA)
    mesh = Mesh(xyz, grid_normals(xyz), albedo, shine, _open_sky(head, relief), region=head.inner_face)
    return Face(mesh, _landmarks(head, expression, xyz))


def _window(rows: tuple[int, int], arc: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    edges = [round((edge - V_TOP) / STEP) for edge in rows] + [round((edge + ARC_END) / STEP) for edge in arc]
    coarse = (slice(edges[0], edges[1]), slice(edges[2], edges[3]))
    fine = tuple(slice(part.start * FINE, part.stop * FINE) for part in coarse)
    return (fine[0], fine[1]), coarse


def _moving_relief(head: Head, expression: Expression) -> Array:
    x, v = head.skull.x, head.skull.v
    relief = np.zeros_like(x)
    _, coarse = _window(_MOUTH_ROWS, _MOUTH_ARC)
    relief[coarse] = mouth_relief(head.person, expression, x[coarse], v[coarse])
    smile = expression.smile
    if smile > 0.02:
        side = np.abs(x)
        relief += smile * 3.4 * bump(side, v, 36, 33, 13, 10)
        fold_x = 19 + 0.55 * (v - 44)
        fold = np.exp(-0.5 * ((side - fold_x) / 3.2) ** 2) * np.exp(-0.5 * ((v - 58) / 12) ** 2)
        relief -= np.float32(2.0 * smile) * fold
    return relief.astype(np.float32)


def _slide(skull: Skull, expression: Expression) -> Array:
    """Vertical movement of skin: the jaw drops, brows rise, cheeks lift (H, W) mm."""
    side, v = np.abs(skull.x), skull.v
    slide = 6.5 * expression.mouth_open * smoothstep(66, 100, v)
    if expression.brow_raise > 0.02:
        slide = slide - 4.5 * expression.brow_raise * bump(side, v, 25, -24, 26, 9)
    if expression.smile > 0.02:
        slide = slide - 2.0 * expression.smile * bump(side, v, 36, 38, 14, 12)
    return slide.astype(np.float32)


def _open_sky(head: Head, relief: Array) -> Array:
    """Ambient occlusion from how far a point lies below its smoothed surroundings."""
    hollow = head.smooth_relief - relief
    fine_hollow = cv2.GaussianBlur(relief, (0, 0), 2.2 / STEP) - relief
    sky = 1 - np.clip(0.085 * np.maximum(hollow, 0) + 0.16 * np.maximum(fine_hollow, 0), 0, 0.55)
    return (sky * (1 - 0.6 * smoothstep(108, 132, head.skull.v))).astype(np.float32)


def point_on(xyz: Array, skull: Skull, x: float, v: float) -> Array:
    """The position (3,) of the face point (x, v) on the grid xyz, bilinear."""
    column, row = vertex_of(skull, x, v)
    c, r = int(column), int(row)
    fc, fr = column - c, row - r
    cell = xyz[r : r + 2, c : c + 2]
    top = cell[0, 0] * (1 - fc) + cell[0, 1] * fc
    bottom = cell[1, 0] * (1 - fc) + cell[1, 1] * fc
    return (top * (1 - fr) + bottom * fr).astype(np.float32)


def _landmarks(head: Head, expression: Expression, xyz: Array) -> Array:
    person = head.person
    s = person.shape
    eye, height = person.eye_spacing / 2, eye_height(person)
    corner_x, corner_v = mouth_corner(person, expression)
    tip = 38.5 + 2.2 * s["nose_length"] - 0.8 * s["nose_tip_lift"] + 1.0
    points = ((-eye, height), (eye, height), (0.0, tip), (-corner_x, corner_v), (corner_x, corner_v))
    return np.stack([point_on(xyz, head.skull, x, v) for x, v in points])
