"""A face shaped for one expression: eyes and mouth painted on, lips and cheeks moved."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import FINE, Mesh, coarser, grid_normals
from facetrust.sample.noise import bump, smoothstep
from facetrust.sample.people.expression import Expression
from facetrust.sample.people.eyes import catchlight, eye_field, eye_height, paint_eye
from facetrust.sample.people.head import Head
from facetrust.sample.people.head_geometry import ARC_END, STEP, V_TOP, Skull, vertex_of
from facetrust.sample.people.mouth import mouth_corner, mouth_relief, paint_mouth

Array = NDArray[np.float32]

_EYE_ROWS, _MOUTH_ROWS = (-17, 17), (50, 112)
_EYE_ARC, _MOUTH_ARC = (4, 74), (-56, 56)


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
    # what lies under hair is never seen, so it may be anything
    below, fine_below = slice(head.first_row, None), slice(FINE * head.first_row, None)
    albedo = np.empty_like(head.albedo)
    albedo[fine_below] = head.albedo[fine_below]
    shine = head.shine.copy()
    for side in (-1, 1):
        arc = _EYE_ARC if side > 0 else (-_EYE_ARC[1], -_EYE_ARC[0])
        fine, coarse = _window(_EYE_ROWS, arc)
        field = eye_field(person, expression, side, head.fine_x[fine], head.fine_v[fine])
        painted = paint_eye(person, expression, side, field, albedo[fine])
        painted += np.float32(1.4) * catchlight(expression, side, field, light_xy)[..., None]
        albedo[fine] = painted
        shine[coarse] += 0.5 * coarser(field.inside)
    fine, coarse = _window(_MOUTH_ROWS, _MOUTH_ARC)
    albedo[fine], lips = paint_mouth(person, expression, head.fine_x[fine], head.fine_v[fine], albedo[fine])
    shine[coarse] += 0.35 * coarser(lips)
    mesh = Mesh(
        xyz[below],
        grid_normals(xyz[below]),
        albedo[fine_below],
        shine[below],
        _open_sky(head, relief, below),
        region=head.inner_face[fine_below],
    )
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


def _open_sky(head: Head, relief: Array, rows: slice) -> Array:
    """Ambient occlusion of some rows, from how far a point lies below its smoothed surroundings."""
    relief = relief[rows]
    hollow = head.smooth_relief[rows] - relief
    fine_hollow = cv2.GaussianBlur(relief, (0, 0), 2.2 / STEP) - relief
    dark = np.float32(0.085) * np.maximum(hollow, np.float32(0))
    dark += np.float32(0.16) * np.maximum(fine_hollow, np.float32(0))
    sky: Array = np.float32(1) - np.minimum(dark, np.float32(0.55))
    sky *= np.float32(1) - np.float32(0.6) * smoothstep(108, 132, head.skull.v[rows])
    return sky


def point_on(xyz: Array, skull: Skull, x: float, v: float) -> Array:
    """The position (3,) of the face point (x, v) on the grid xyz, bilinear."""
    column, row = vertex_of(skull, x, v)
    c, r = int(column), int(row)
    fc, fr = column - c, row - r
    cell = xyz[r : r + 2, c : c + 2]
    top = cell[0, 0] * (1 - fc) + cell[0, 1] * fc
    bottom = cell[1, 0] * (1 - fc) + cell[1, 1] * fc
    position: Array = (top * (1 - fr) + bottom * fr).astype(np.float32)
    return position


def _landmarks(head: Head, expression: Expression, xyz: Array) -> Array:
    person = head.person
    s = person.shape
    eye, height = person.eye_spacing / 2, eye_height(person)
    corner_x, corner_v = mouth_corner(person, expression)
    tip = 38.5 + 2.2 * s["nose_length"] - 0.8 * s["nose_tip_lift"] + 1.0
    points = ((-eye, height), (eye, height), (0.0, tip), (-corner_x, corner_v), (corner_x, corner_v))
    return np.stack([point_on(xyz, head.skull, x, v) for x, v in points])
