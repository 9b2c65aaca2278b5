"""Takes a photograph: poses the head, lights it, draws it, and runs it through the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.mesh import Mesh
from facetrust.sample.people.body import build_torso
from facetrust.sample.people.face import Face, shape_face
from facetrust.sample.people.person import Person
from facetrust.sample.photography.background import paint_background
from facetrust.sample.photography.camera import Image, automatic_gain, capture, develop
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.glasses import draw_glasses
from facetrust.sample.photography.light import ShadowMap, shade
from facetrust.sample.photography.rasteriser import Raster, Shaded, draw, shrink
from facetrust.sample.photography.view import View, place

Array = NDArray[np.float32]

SIDE = 250
_NECK = np.array([0.0, 95.0, -12.0], np.float32)
_FACE_MIDDLE = np.array([0.0, 45.0, 70.0], np.float32)
NECK_TO_FACE = _FACE_MIDDLE - _NECK  # mm, from where a frontal head turns to what Conditions.centre shows


@dataclass(frozen=True)
class Photograph:
    """One photograph.

    image: uint8 (250, 250, 3) RGB after the camera's own JPEG.
    clean: float32 (250, 250, 3) 0..255, before sensor noise and JPEG.
    landmarks: float32 (5, 2) pixels (x, y): the eye at image left, the eye at image right, nose tip, the
    mouth corner at image left, the one at image right.
    face_mask: float32 (250, 250), 1 on the visible skin from the brows to the chin, soft at its edge.
    gain: the exposure the camera chose.
    """

    image: Image
    clean: Array
    landmarks: Array
    face_mask: Array
    gain: float


def rotation(yaw: float, pitch: float, roll: float) -> Array:
    """(3, 3) matrix that turns a frontal head; degrees."""
    a, b, c = np.radians([yaw, pitch, roll])
    around_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    around_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix: Array = (around_z @ around_y @ around_x).astype(np.float32)
    return matrix


@dataclass(frozen=True)
class _Pose:
    """How the parts stand before the camera: a point p of the head lies at turn @ (p - _NECK) + offset."""

    turn: Array
    lean: Array
    offset: Array
    view: View

    @staticmethod
    def of(conditions: Conditions) -> _Pose:
        turn = rotation(conditions.yaw, conditions.pitch, conditions.roll)
        lean = rotation(0.4 * conditions.yaw, 0.0, 0.25 * conditions.roll)
        view = View(conditions.centre, conditions.scale, conditions.distance, SIDE)
        return _Pose(turn, lean, -turn @ NECK_TO_FACE, view)

    @property
    def lowest(self) -> float:
        """y (mm, head coordinates of a frontal pose) of what the lower edge of the picture shows, or more."""
        view = self.view
        reach = (view.side - view.centre[1]) / view.scale * (1 + 150 / view.distance)
        return reach + float(_NECK[1] - self.offset[1]) + 30

    def place(self, points: Array, turn: Array) -> Array:
        """Camera-space positions (H, W, 3) of points of a part that turns with `turn`, mm."""
        matrix = np.hstack([turn, (self.offset - turn @ _NECK)[:, None]])
        return cv2.transform(points, matrix).astype(np.float32, copy=False)


@dataclass(frozen=True)
class Scene:
    """What stays from one picture of a person to the next: clothes; background (250, 250, 3), linear."""

    torso: Mesh
    background: Array

    @staticmethod
    def of(person: Person, conditions: Conditions) -> Scene:
        """The scene of these conditions; of others with the same scale and nearly the same centre as well."""
        rng = np.random.default_rng(conditions.background_seed)
        torso = build_torso(person, conditions.clothing, _Pose.of(conditions).lowest)
        return Scene(torso, paint_background(rng, SIDE))


@dataclass(frozen=True)
class Exposure:
    """What falls into the camera: linear, float32 (250, 250, 3); landmarks, face_mask as in Photograph."""

    linear: Array
    landmarks: Array
    face_mask: Array


def expose(person: Person, conditions: Conditions, scene: Scene) -> Exposure:
    """Light and draw a person before a background."""
    pose = _Pose.of(conditions)
    face = _face(person, conditions, pose)
    head = [(mesh, pose.turn) for mesh in (face.mesh, *person.head.still)]
    body = [(mesh, pose.lean) for mesh in (person.head.neck, scene.torso)]
    surfaces = _light_up(conditions, pose, head + body, len(head + body))
    raster = draw(pose.view, surfaces, conditions.light.key)
    covered = _put_on_glasses(person, conditions, pose, raster)
    linear = shrink(raster.colour) + scene.background * cv2.merge([1 - covered] * 3)
    landmarks = pose.view.project(pose.place(face.landmarks[None], pose.turn))[0]
    return Exposure(linear, landmarks - np.float32(0.5), shrink(raster.region))


def render(person: Person, conditions: Conditions) -> Photograph:
    """Photograph a person."""
    seen = expose(person, conditions, Scene.of(person, conditions))
    gain = automatic_gain(seen.linear, seen.face_mask)
    clean = develop(conditions.camera, seen.linear, gain)
    return Photograph(capture(conditions.camera, clean), clean, seen.landmarks, seen.face_mask, gain)


def render_face_over(person: Person, conditions: Conditions, photograph: Photograph) -> Array:
    """Another face in the place of a photograph's: float32 (250, 250, 3) 0..255 without noise or JPEG.

    Pose and place in `conditions` have to be those of the photograph; light and expression may differ.
    Only the face is drawn, also over hair that falls into it: blend inside `photograph.face_mask`.
    """
    pose = _Pose.of(conditions)
    face = _face(person, conditions, pose)
    placed = [(mesh, pose.turn) for mesh in (face.mesh.cropped(*person.head.front), *person.head.still)]
    raster = draw(pose.view, _light_up(conditions, pose, placed, 1), conditions.light.key)
    covered = _put_on_glasses(person, conditions, pose, raster)
    linear = (shrink(raster.colour) / np.maximum(covered, 0.2)).astype(np.float32, copy=False)
    picture = develop(conditions.camera, linear, photograph.gain)
    return picture * covered + photograph.clean * (1 - covered)


def _face(person: Person, conditions: Conditions, pose: _Pose) -> Face:
    towards = pose.turn.T @ np.asarray(conditions.light.direction, np.float32)
    return shape_face(person.head, conditions.expression, (float(towards[0]), float(towards[1])))


def _put_on_glasses(person: Person, conditions: Conditions, pose: _Pose, raster: Raster) -> Array:
    """Draw glasses onto the raster if they are worn; returns the cover of person and frame (250, 250, 1)."""
    covered = raster.covered.astype(np.float32)
    if not person.glasses or conditions.forgot_glasses:
        return shrink(covered)[..., None]
    light = conditions.light
    brightness = float(np.mean(light.key) * 0.6 + np.mean(light.sky) * 0.6)
    frame = draw_glasses(
        person,
        pose.turn,
        pose.offset - pose.turn @ _NECK,
        pose.view,
        conditions.yaw,
        light.direction,
        brightness,
        raster.colour,
    )
    return shrink(np.maximum(covered, frame))[..., None]


def _light_up(
    conditions: Conditions, pose: _Pose, placed: list[tuple[Mesh, Array]], count: int
) -> list[Shaded]:
    """The first `count` of the placed meshes, in the shadows that all of them cast."""
    points = [pose.place(mesh.xyz, turn) for mesh, turn in placed]
    casting = []
    for (mesh, _), where in zip(placed, points, strict=True):
        sparse = where[::2, ::2].reshape(-1, 3)
        step = 2 * mesh.detail
        casting.append(sparse if mesh.keep is None else sparse[mesh.keep[::step, ::step].reshape(-1)])
    shadows = ShadowMap.of(conditions.light, casting)
    surfaces = []
    for (mesh, turn), where in zip(placed[:count], points, strict=False):
        part = place(pose.view, mesh, where, cv2.transform(mesh.normal, turn).astype(np.float32, copy=False))
        if part is None:
            continue
        lit = shadows.lit(part.points, conditions.light.softness)
        sky, shine, scatter = part.mesh.open_sky, part.mesh.shine, part.mesh.scatter
        surfaces.append(Shaded(part, *shade(conditions.light, part.normal, lit, sky, shine, scatter)))
    return surfaces
