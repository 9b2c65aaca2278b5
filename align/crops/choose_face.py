"""Whom a photograph is of, when it shows several faces."""

from collections.abc import Callable

from align.crops.options import FaceChoice
from align.detectors.detection import Detection

CENTRE_WEIGHT = 2.0


def choose_faces(faces: list[Detection], choice: FaceChoice, height: int, width: int) -> list[Detection]:
    """The faces to keep, the most prominent first, of an image of this size in pixels.

    `LARGEST` keeps the one with the largest visible area. `CENTRAL` weighs size against place: the area less
    twice the squared distance of the face's middle from that of the image, as facenet and insightface do;
    both are in square pixels, so the choice does not depend on the resolution.
    """
    prominence = _prominence(choice, height, width)
    ranked = sorted(faces, key=prominence, reverse=True)
    return ranked if choice is FaceChoice.ALL else ranked[:1]


def is_settled(
    faces: list[Detection], unseen_area: float, choice: FaceChoice, height: int, width: int
) -> bool:
    """Whether no further face of at most `unseen_area` square pixels can change the choice."""
    if choice is FaceChoice.ALL or not faces:
        return False
    return max(map(_prominence(choice, height, width), faces)) >= unseen_area


def _prominence(choice: FaceChoice, height: int, width: int) -> Callable[[Detection], float]:
    weight = CENTRE_WEIGHT if choice is FaceChoice.CENTRAL else 0.0

    def prominence(face: Detection) -> float:
        left, top, right, bottom = face.box.tolist()
        left, right = (min(max(x, 0.0), width) for x in (left, right))
        top, bottom = (min(max(y, 0.0), height) for y in (top, bottom))
        off_x, off_y = (left + right - width) / 2, (top + bottom - height) / 2
        area: float = (right - left) * (bottom - top)
        return area - weight * float(off_x**2 + off_y**2)

    return prominence
