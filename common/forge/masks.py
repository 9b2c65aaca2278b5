"""Which part of a crop a forgery replaces, and how softly."""

import cv2
import numpy as np

from common.forge.chance import Chance
from common.forge.face import Face, Floats
from common.forge.face_shape import FaceShape, Points, face_shape
from common.forge.warp import displaced, smooth_field

WHOLE, NO_FOREHEAD, INNER, CORE = "whole", "no_forehead", "inner", "core"
KINDS = (WHOLE, NO_FOREHEAD, INNER, CORE)


def outline(shape: FaceShape, kind: str) -> Points:
    """The polygon (N, 2) of a kind of mask.

    `whole` reaches from the forehead to the chin, `no_forehead` from the brows to the chin, `inner` holds
    brows, eyes, nose and mouth, `core` eyes, nose and mouth.
    """
    parts = {
        WHOLE: [shape.forehead, shape.jaw],
        NO_FOREHEAD: [shape.brows, shape.jaw],
        INNER: [shape.brows, shape.nose, shape.mouth],
        CORE: [shape.left_eye, shape.right_eye, shape.nose, shape.mouth],
    }[kind]
    points = np.concatenate(parts).astype(np.float32) + np.float32(0)  # OpenCV stumbles over -0
    return cv2.convexHull(points)[:, 0].astype(np.float64)


def filled(polygons: list[Points], size: int) -> Floats:
    """Polygons (N, 2) painted into (size, size), 0 outside and 1 inside, with smooth edges."""
    canvas = np.zeros((size, size), np.uint8)
    for points in polygons:
        near = np.clip(points, -8 * size, 9 * size)  # far corners would overflow
        cv2.fillPoly(canvas, [np.round(near * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    return canvas.astype(np.float32) / np.float32(255)


def face_mask(face: Face, chance: Chance, kinds: tuple[str, ...] = KINDS) -> Floats:
    """A face-shaped mask with an outline of its own: (size, size) float32, 0 keeps, 1 replaces.

    One of the kinds, grown or shrunk, its outline deformed, its edge blurred.
    """
    kind = chance.choice("mask", kinds)
    points = outline(face_shape(face), kind)
    middle = points.mean(axis=0)
    points = middle + (points - middle) * chance.uniform("mask_growth", 0.9, 1.08)
    unit = face.unit
    sharp = filled([points], face.size)
    bent = displaced(sharp, smooth_field(chance, face.size, 5, chance.uniform("mask_bend", 0.5, 3.0) * unit))
    return softened(bent, chance.uniform("mask_edge", 0.8, 3.0) * unit)


def softened(mask: Floats, sigma: float) -> Floats:
    """A mask, 0..1, whose edge is a Gaussian of `sigma` pixels, half of it inside of where the edge was."""
    reach = 2 * max(1, round(sigma / 2)) + 1  # odd, or the mask would move by half a pixel
    inner = cv2.erode(mask, np.ones((reach, reach), np.uint8))
    soft = cv2.GaussianBlur(inner, (0, 0), max(sigma, 0.3))
    return np.minimum(soft, np.float32(1), out=soft)
