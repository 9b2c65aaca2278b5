"""Reenactment: the person keeps the face and is given another expression.

What face reenactment does to a photograph (Thies et al., "Face2Face", CVPR 2016; Siarohin et al., "First
Order Motion Model for Image Animation", NeurIPS 2019): parts of the face are moved by a smooth field, and
what was moved was interpolated and lit anew, so that it is softer than the photograph around it and not
quite of its colours.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.blend import alpha_blended, to_image
from common.forge.chance import Chance
from common.forge.face import Face, Floats, Image
from common.forge.face_shape import FaceShape, Points, face_shape
from common.forge.masks import filled
from common.forge.warp import displaced

Pixel = NDArray[np.floating]  # (2,) x, y

MOUTH, EYES, BROWS = "mouth", "eyes", "brows"
CHANGES = (
    f"{MOUTH}, {EYES}",
    f"{MOUTH}, {BROWS}",
    f"{EYES}, {BROWS}",
    f"{MOUTH}, {EYES}, {BROWS}",
)  # two parts at the least: one alone may pass for chance


class _Expression:
    """A displacement (size, size, 2) that grows by smooth bumps along the axes of a face.

    Centres are in pixels (x, y); lengths in units of the face, along the line of the eyes and down the face.
    """

    def __init__(self, face: Face) -> None:
        self.size, self.unit = face.size, face.unit
        self.field = np.zeros((face.size, face.size, 2), np.float32)
        across = face.landmarks[1] - face.landmarks[0]
        length = float(np.linalg.norm(across))
        self.right = (across / length if length > 1e-3 else np.array([1.0, 0.0])).astype(np.float32)
        self.down = np.array([-self.right[1], self.right[0]], np.float32)

    def move(self, centre: Pixel, reach: tuple[float, float], right: float, down: float) -> None:
        """Move what lies around a pixel, less and less towards the ellipse of half axes `reach`."""
        window, u, v = self.around(centre, reach)
        bump = _bump(u, v, reach)[..., None] * np.float32(self.unit)
        self.field[window] -= bump * (self.right * np.float32(right) + self.down * np.float32(down))

    def heighten(self, centre: Pixel, reach: tuple[float, float], growth: float) -> None:
        """Make what lies around a pixel higher by this part, lower where it is negative; `growth` < 1."""
        window, u, v = self.around(centre, reach)
        drawn = v * _bump(u, v, reach) * np.float32(-growth * self.unit)
        self.field[window] += drawn[..., None] * self.down

    def around(self, centre: Pixel, reach: tuple[float, float]) -> tuple[tuple[slice, slice], Floats, Floats]:
        """The part of the crop about a pixel, and how far right and down of it each pixel there lies."""
        radius = max(reach) * self.unit
        low = np.clip(np.floor(centre - radius), 0, self.size).astype(int)
        high = np.clip(np.ceil(centre + radius) + 1, 0, self.size).astype(int)
        x = ((np.arange(low[0], high[0]) - centre[0]) / self.unit).astype(np.float32)
        y = ((np.arange(low[1], high[1]) - centre[1]) / self.unit).astype(np.float32)[:, None]
        u, v = x * self.right[0] + y * self.right[1], x * self.down[0] + y * self.down[1]
        return (slice(low[1], high[1]), slice(low[0], high[0])), u, v


def reenactment(face: Face, chance: Chance) -> Image:
    """The face with another expression: two or three of mouth, eyes and brows changed.

    A new image of the same size, for any finite landmarks: those far outside of the crop are brought nearer.
    """
    face = Face(face.image, np.clip(face.landmarks, -face.size, 2 * face.size))
    parts = chance.choice("changed", CHANGES).split(", ")
    shape = face_shape(face)
    expression = _Expression(face)
    picture = face.image.astype(np.float32)
    gap = _mouth(expression, face, chance) if MOUTH in parts else None
    if EYES in parts:
        _eyes(expression, shape, chance)
    if BROWS in parts:
        _brows(expression, shape, chance)
    moved = displaced(picture, expression.field)
    if gap is not None:
        dark = _colour_of_mouth(picture, face) * np.float32(chance.uniform("darkness", 0.2, 0.45))
        moved += (dark - moved) * gap[..., None]
    return to_image(alpha_blended(_rendered(moved, chance), moved, _mask(face, shape, parts, chance)))


def _mouth(expression: _Expression, face: Face, chance: Chance) -> Floats | None:
    """Opens the mouth, moves its corners, or presses or pouts the lips; what opens, (size, size) in 0..1."""
    corners = face.landmarks[3:]
    middle = corners.mean(axis=0)
    half = float(np.clip(np.linalg.norm(corners[1] - corners[0]) / 2 / face.unit, 7, 20))
    kind = chance.choice("mouth", ("opened", "corners", "lips"))
    if kind == "opened":
        return _opened(expression, middle, half, chance.uniform("opening", 3.5, 7))
    if kind == "corners":
        raised, outward = chance.either_side("corners_raised", 2.5, 4), chance.uniform("corners_apart", 0, 2)
        for corner, side in zip(corners, (-1, 1), strict=True):
            expression.move(corner, (13, 13), side * np.copysign(outward, raised), -raised)
    else:
        expression.heighten(middle, (half * 1.7, 15), chance.either_side("lips_higher", 0.35, 0.5))
    return None


def _opened(expression: _Expression, middle: Pixel, half: float, opening: float) -> Floats:
    """Lower lip and chin move down by `opening`; returns where the gap between the lips is."""
    width, depth = half * 1.1, 30.0
    window, u, v = expression.around(middle, (width, depth))
    v = v - np.float32(0.5)  # lips meet a little below the line of their corners
    drop = np.float32(opening) * _bump(u, np.zeros_like(u), (width, depth))
    fade = np.clip(v / np.float32(depth), 0, 1)
    fade = 1 - fade * fade * (3 - 2 * fade)
    lowered = np.clip(v, 0, drop) * fade * np.float32(expression.unit)
    expression.field[window] -= lowered[..., None] * expression.down
    chin = middle + expression.down * (18 * expression.unit)
    expression.move(chin, (30, 17), 0, 0.3 * opening)
    gap = np.zeros((expression.size, expression.size), np.float32)
    gap[window] = np.clip(np.minimum(v, drop - v) / np.float32(1.2), 0, 1)
    return cv2.GaussianBlur(gap, (0, 0), 0.5 * expression.unit).astype(np.float32, copy=False)


def _eyes(expression: _Expression, shape: FaceShape, chance: Chance) -> None:
    """Widens or narrows both eyes, and often moves the gaze."""
    growth = chance.either_side("eyes_higher", 0.25, 0.4)
    gaze = chance.either_side("gaze", 1.2, 2.2) if chance.happens("gaze_moves", 0.6) else 0.0
    for eye in (shape.left_eye, shape.right_eye):
        centre = eye.mean(axis=0)
        expression.heighten(centre, (14, 10), growth)
        expression.move(centre, (7, 5), gaze, 0)


def _brows(expression: _Expression, shape: FaceShape, chance: Chance) -> None:
    """Raises or lowers both brows, one a little more than the other."""
    raised, uneven = chance.either_side("brows_raised", 2.2, 3.6), chance.uniform("brows_uneven", -0.2, 0.2)
    for brow, share in zip(np.split(shape.brows, 2), (1 + uneven, 1 - uneven), strict=True):
        expression.move(brow.mean(axis=0), (18, 11), 0, -raised * share)


def _colour_of_mouth(picture: Floats, face: Face) -> Floats:
    """(3,) the mean of the pixels about the mouth: a gap between the lips is a darker tone of it."""
    middle = face.landmarks[3:].mean(axis=0)
    reach = 6 * face.unit
    left, top = np.clip(np.floor(middle - reach), 0, face.size - 1).astype(int)
    right, bottom = np.clip(np.ceil(middle + reach), 1, face.size).astype(int)
    mean: Floats = picture[top : max(bottom, top + 1), left : max(right, left + 1)].mean(axis=(0, 1))
    return mean


def _rendered(moved: Floats, chance: Chance) -> Floats:
    """As soft as what was interpolated, in slightly other colours; only colours are warmed, not grey."""
    size = moved.shape[0]
    side = max(8, round(size * chance.uniform("rendered_at", 0.42, 0.62)))
    small = cv2.resize(moved, (side, side), interpolation=cv2.INTER_AREA)
    brightness = np.float32(chance.either_side("brightness", 2, 6))
    contrast = np.float32(1 + chance.uniform("contrast", -0.06, 0.06))
    warmth = np.float32(chance.either_side("warmth", 0.04, 0.15))
    green = small[..., 1:2]
    colour = (small - green) * np.array([1 + warmth, 1, 1 - warmth], np.float32)
    small = (green - 128) * contrast + 128 + brightness + colour
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _mask(face: Face, shape: FaceShape, parts: list[str], chance: Chance) -> Floats:
    """Where the picture is rendered anew, (size, size) in 0..1: lower face, band of the eyes, or both."""
    growth = chance.uniform("mask_growth", 1.05, 1.4)
    polygons = []
    if MOUTH in parts:
        polygons.append(_hull(np.concatenate([shape.mouth, shape.jaw[4:-4]]), 1.1))
    if EYES in parts or BROWS in parts:
        polygons.append(_hull(np.concatenate([shape.brows, shape.left_eye, shape.right_eye]), growth))
    edge = chance.uniform("mask_edge", 1.5, 3.5) * face.unit
    return cv2.GaussianBlur(filled(polygons, face.size), (0, 0), edge).astype(np.float32, copy=False)


def _hull(points: Points, growth: float) -> Points:
    """The convex hull, enlarged about its middle."""
    unsigned = points.astype(np.float32) + np.float32(0)  # OpenCV finds no hull of 0 and -0 alone
    hull = cv2.convexHull(unsigned)[:, 0].astype(np.float64)
    middle = hull.mean(axis=0)
    enlarged: Points = middle + (hull - middle) * growth
    return enlarged


def _bump(u: Floats, v: Floats, reach: tuple[float, float]) -> Floats:
    """1 at the centre, 0 at the ellipse of half axes `reach` and outside, smooth in between."""
    inside = np.maximum(1 - (u / np.float32(reach[0])) ** 2 - (v / np.float32(reach[1])) ** 2, 0)
    return (inside * inside).astype(np.float32, copy=False)
