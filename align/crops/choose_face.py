"""The choice of face in a photograph that shows several: by size and place."""

from collections.abc import Callable

from align.crops.options import FaceChoice
from align.detectors.detection import Detection

CENTRE_WEIGHT = 2.0


def choose_faces(faces: list[Detection], choice: FaceChoice, height: int, width: int) -> list[Detection]:
    """The faces to keep, the most prominent first, of an image of this size in pixels.

    `LARGEST` keeps the one with the largest visible area. `CENTRAL` weighs size against place, as facenet and
    insightface do: the area less twice the squared distance of the face's middle from that of the image. Both
    are in square pixels, so that the choice does not depend on the resolution.
    """
    ranked = rank_faces(faces, choice, height, width)
    return ranked if choice is FaceChoice.ALL else ranked[:1]


def rank_faces(faces: list[Detection], choice: FaceChoice, height: int, width: int) -> list[Detection]:
    """All faces of an image, the most prominent by this choice first."""
    return sorted(faces, key=_prominence(choice, height, width), reverse=True)


def is_settled(
    faces: list[Detection], unseen_area: float, choice: FaceChoice, height: int, width: int
) -> bool:
    """Whether the choice stands: no face of at most `unseen_area` square pixels can be more prominent."""
    if choice is FaceChoice.ALL or not faces:
        return False
    return max(map(_prominence(choice, height, width), faces)) >= unseen_area


def _prominence(choice: FaceChoice, height: int, width: int) -> Callable[[Detection], float]:
    """The function by which faces are ranked, in square pixels; at most the area of a face."""
    weight = CENTRE_WEIGHT if choice is FaceChoice.CENTRAL else 0.0

    def prominence(face: Detection) -> float:
        left, top, right, bottom = face.box.tolist()
        left, right = (min(max(x, 0.0), width) for x in (left, right))
        top, bottom = (min(max(y, 0.0), height) for y in (top, bottom))
        off_x, off_y = (left + right - width) / 2, (top + bottom - height) / 2
        area: float = (right - left) * (bottom - top)
        return area - weight * float(off_x**2 + off_y**2)

    return prominence
