"""Detection in overlapping tiles of a large image, each of the size that a detector wants."""

import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, Detector, no_early_exit
from align.detectors.nms import nms_faces

OVERLAP = 1 / 4  # of a tile's side, with its neighbour: no face that is looked for is larger
EDGE = 2.0  # pixels: a face this near to the side of its tile is cut, and whole in the neighbour


def search_in_tiles(detector: Detector, image: NDArray[np.uint8]) -> list[Detection]:
    """The faces of an (H, W, 3) image up to a quarter of the detector's size, best score first."""
    height, width = image.shape[:2]
    side = detector.wanted_side
    places = [(top, left) for top in _starts(height, side) for left in _starts(width, side)]
    found: list[Detection] = []
    for start in range(0, len(places), detector.batch_size):
        some = places[start : start + detector.batch_size]
        tiles = [np.ascontiguousarray(image[top : top + side, left : left + side]) for top, left in some]
        for (top, left), faces in zip(
            some, detector.detect_batch(tiles, [no_early_exit] * len(tiles)), strict=True
        ):
            found += [moved(face, left, top) for face in faces if not _is_cut(face, (top, left), side, image)]
    return nms_faces(found)


def moved(face: Detection, x: float, y: float) -> Detection:
    """A face shifted by x and y pixels."""
    shift = np.array([x, y], np.float32)
    return Detection(face.box + np.tile(shift, 2), face.landmarks + shift, face.score)


def _starts(length: int, side: int) -> list[int]:
    """The evenly spaced starts of tiles of a side along a length, in pixels."""
    if length <= side:
        return [0]
    count = -(-(length - side) // max(1, int(side * (1 - OVERLAP)))) + 1
    return [round(place) for place in np.linspace(0, length - side, count).tolist()]


def _is_cut(face: Detection, place: tuple[int, int], side: int, image: NDArray[np.uint8]) -> bool:
    """Whether a face of the tile at `place` reaches a side of it that is not one of the image."""
    (top, left), (height, width) = place, image.shape[:2]
    x1, y1, x2, y2 = face.box.tolist()
    return (
        (x1 < EDGE and left > 0)
        or (y1 < EDGE and top > 0)
        or (x2 > side - EDGE and left + side < width)
        or (y2 > side - EDGE and top + side < height)
    )
