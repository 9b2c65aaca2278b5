"""Whom a photograph is of, when it shows several faces."""

import numpy as np

from align.detector import Detection

CENTRE_WEIGHT = 2.0


def choose_face(faces: list[Detection], height: int, width: int) -> Detection:
    """The largest and most central of the faces (at least one) of an image of this size in pixels.

    A face scores its area less twice the squared distance of its middle from the middle of the image, as in
    the alignment of facenet; both are in square pixels, so the choice does not depend on the resolution.
    """
    middle = np.array([width, height]) / 2

    def prominence(face: Detection) -> float:
        corner0 = np.clip(face.box[:2], 0, [width, height])
        corner1 = np.clip(face.box[2:], 0, [width, height])
        offset = (corner0 + corner1) / 2 - middle
        return float(np.prod(corner1 - corner0) - CENTRE_WEIGHT * np.dot(offset, offset))

    return max(faces, key=prominence)
