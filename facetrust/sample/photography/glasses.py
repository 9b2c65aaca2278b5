"""Glasses drawn over the supersampled picture: rims, bridge, temples, a faint reflection and a shadow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facetrust.sample.people.eyes import eye_height
from facetrust.sample.people.person import Person
from facetrust.sample.photography.rasteriser import SUPERSAMPLE
from facetrust.sample.photography.view import View

Array = NDArray[np.float32]


def _rim(person: Person, side: int) -> Array:
    """Outline of one lens in head coordinates, (n, 3) mm."""
    t = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    square = 2.0 + 3.2 * person.glasses_shape
    ct, st = np.cos(t), np.sin(t)
    radius = (np.abs(ct) ** square + np.abs(st) ** square) ** (-1 / square)
    half_width, half_height = 24.0 * person.glasses_width, 18.5 + 3.0 * (1 - person.glasses_shape)
    x = side * (33.5 * person.glasses_width) + half_width * radius * ct * 0.96
    y = eye_height(person) + 2.5 + half_height * radius * st * (0.92 if person.glasses_shape > 0.5 else 1.0)
    z = 99.0 - 0.0042 * x * x
    return np.stack([x, y, z], axis=1).astype(np.float32)


def _to_pixels(view: View, points: Array) -> NDArray[np.int32]:
    pixels = view.project(points) * np.float32(SUPERSAMPLE)
    return np.round((pixels - 0.5) * 16).astype(np.int32)


def _strokes(
    person: Person, place: Array, offset: Array, view: View, yaw: float
) -> list[tuple[NDArray[np.int32], bool]]:
    """Polylines in 1/16 subpixels and whether they are closed; `place` (3, 3) turns the head."""
    eye_y = eye_height(person)
    strokes = []
    for side in (-1, 1):
        strokes.append((_to_pixels(view, _rim(person, side) @ place.T + offset), True))
        hinge_x = side * 57.0 * person.glasses_width
        # hair and ears hide the rest of it
        temple = np.array([[hinge_x, eye_y - 6, 85.0], [side * 65.0, eye_y - 5, 48.0]])
        if side * yaw < 6:
            strokes.append((_to_pixels(view, temple.astype(np.float32) @ place.T + offset), False))
    inner = 33.5 * person.glasses_width - 23.0 * person.glasses_width
    xs = np.linspace(-inner, inner, 9)
    bridge = np.stack([xs, eye_y - 2 - 3.0 * (1 - (xs / inner) ** 2), np.full(9, 100.0)], axis=1)
    strokes.append((_to_pixels(view, bridge.astype(np.float32) @ place.T + offset), False))
    return strokes


def draw_glasses(
    person: Person,
    place: Array,
    offset: Array,
    view: View,
    yaw: float,
    light: tuple[float, float, float],
    brightness: float,
    colour: Array,
) -> Array:
    """Draw onto `colour` (S, S, 3) linear; returns the frame's cover (S, S) 0..1.

    yaw: degrees, decides which temple the head hides; light: direction of the key light.
    """
    side = colour.shape[0]
    strokes = _strokes(person, place, offset, view, yaw)
    width = max(1, round(person.glasses_thickness * view.scale * SUPERSAMPLE))
    drop = view.scale * SUPERSAMPLE * 7.0
    margin = width + round(drop) + 14
    points = np.concatenate([points for points, _ in strokes]) // 16
    (left, top), (right, bottom) = points.min(axis=0) - margin, points.max(axis=0) + margin
    window = slice(max(top, 0), max(bottom, 1)), slice(max(left, 0), max(right, 1))
    corner = np.array([window[1].start, window[0].start], np.int32) * 16
    strokes = [(points - corner, closed) for points, closed in strokes]
    solid = np.zeros((side, side), np.float32)
    solid[window] = _draw(
        person, strokes, width, (light[0] * drop, light[1] * drop), brightness, colour[window]
    )
    return solid


def _draw(
    person: Person,
    strokes: list[tuple[NDArray[np.int32], bool]],
    width: int,
    fall: tuple[float, float],
    brightness: float,
    colour: Array,
) -> Array:
    """Draw strokes `width` subpixels wide onto a window (H, W, 3) of the picture; returns their cover (H, W).

    fall: how far the shadow lies against the light, subpixels (x, y).
    """
    height, breadth = colour.shape[:2]
    cover = np.zeros((height, breadth), np.uint8)
    for points, closed in strokes:
        cv2.polylines(cover, [points], closed, 255, width, cv2.LINE_AA, 4)
    shift = np.array([[1, 0, -fall[0]], [0, 1, -fall[1]]], np.float32)
    soft = cv2.GaussianBlur(cover, (0, 0), 1.75 * SUPERSAMPLE)
    shadow = cv2.warpAffine(soft, shift, (breadth, height)).astype(np.float32)
    colour *= (1 - np.float32(0.38 / 255) * shadow)[..., None]
    lens = np.zeros_like(cover)
    for points, closed in strokes:
        if closed:
            cv2.fillPoly(lens, [points], 255, cv2.LINE_AA, 4)
    glass = lens.astype(np.float32)[..., None] * np.float32(1 / 255)
    ramp = np.linspace(0.028, 0.014, height, dtype=np.float32)[:, None, None] * np.float32(brightness)
    colour *= 1 - np.float32(0.06) * glass
    colour += ramp * glass
    solid = cv2.GaussianBlur(cover, (0, 0), 0.3 * SUPERSAMPLE).astype(np.float32) * np.float32(1 / 255)
    alpha = solid[..., None]
    frame = np.roll(alpha, -1, axis=0) * np.float32(0.10 * brightness)
    frame = frame + np.asarray(person.glasses_colour, np.float32) * np.float32(brightness)
    colour += (frame - colour) * alpha
    return solid
