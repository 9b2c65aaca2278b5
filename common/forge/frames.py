"""Forgeries of the frames of a clip: alike in all of them, or anew in each, which flickers."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.blend import to_image
from common.forge.face import EYES_TO_MOUTH, Face, Image
from common.forge.forger import Forger
from common.formats.crop_frame import ARCFACE_SIZE, CropFrame, Template, crop_frame, similarity_transform

MARGIN = 0.2  # of what is forged around the face: from the hair to the chin
EDGE = 10 / 192  # of its side, over which a changed crop fades into its frame

Matrix = NDArray[np.float64]  # (2, 3) from a frame to its crop


class Seen(NamedTuple):
    """A face in a frame."""

    frame: Image
    landmarks: NDArray[np.floating]  # (5, 2) x, y in pixels of the frame


def forged_frames(
    seen: Sequence[Seen], donor: Seen | None, method: str, seeds: Sequence[int], side: int
) -> list[Image]:
    """The frames of a face over time, each forged by a seed.

    Where a seed is that of the frame before, the frame is forged alike: the same draws, and no flicker.

    Args:
        seen: the face, bona fide, in order of time.
        donor: the face that a swap puts in; other methods take none.
        method: of `common.forge`.
        seeds: 0 or more, one for each frame.
        side: pixels of the crop that is forged: about as many as the face with its margins has in a frame.
    """
    forger = Forger((method,))
    frame = crop_frame(side, Template.LOOSE, MARGIN)
    shown = None if donor is None else _cropped(donor, frame)[0]
    window = _window(side)
    frames: list[Image] = []
    last: tuple[int, int] | None = None  # seed and attempt
    for one, seed in zip(seen, seeds, strict=True):
        face, matrix = _cropped(one, frame)
        attempt = last[1] if last and last[0] == seed else None
        own, partner = (face, None) if shown is None else (shown, face)
        forgery = forger.forge(own, partner, seed, attempt)
        last = (seed, forgery.attempt)
        change = (forgery.image.astype(np.float32) - face.image) * window
        frames.append(_put_back(change, one.frame, matrix))
    return frames


def side_of(landmarks: NDArray[np.floating]) -> float:
    """Pixels of a side of the crop that has as many as frames show of a face, of its landmarks (K, 5, 2)."""
    down = landmarks[:, 3:].mean(axis=1) - landmarks[:, :2].mean(axis=1)
    unit = float(np.median(np.linalg.norm(down, axis=1))) / EYES_TO_MOUTH
    return unit * ARCFACE_SIZE * (1 + 2 * MARGIN)


def _cropped(seen: Seen, frame: CropFrame) -> tuple[Face, Matrix]:
    """The face, as far from the eyes to the mouth in every frame: grids of generators are whole pixels."""
    landmarks, side = seen.landmarks, frame.size
    matrix = similarity_transform(landmarks, frame.points)
    down = matrix[:, :2] @ (landmarks[3:].mean(axis=0) - landmarks[:2].mean(axis=0))
    unit = side / ARCFACE_SIZE / (1 + 2 * MARGIN)  # pixels on one of ArcFace's crop
    zoom, middle = unit * EYES_TO_MOUTH / float(np.linalg.norm(down)), side / 2
    matrix = zoom * matrix
    matrix[:, 2] += (1 - zoom) * middle
    crop = cv2.warpAffine(seen.frame, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    points = landmarks @ matrix[:, :2].T + matrix[:, 2]
    return Face(crop.astype(np.uint8, copy=False), points), matrix


def _put_back(change: NDArray[np.float32], frame: Image, matrix: Matrix) -> Image:
    """The frame with what differs between a crop and its forgery; the pixels of the rest stay."""
    size = (frame.shape[1], frame.shape[0])
    back = cv2.warpAffine(change, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return to_image(frame + back)


def _window(side: int) -> NDArray[np.float32]:
    """1 in the middle of a crop (side, side, 1), falling to 0 at its edges."""
    inside = np.minimum(np.arange(side), np.arange(side)[::-1])
    ramp = np.clip(inside / (EDGE * side), 0, 1).astype(np.float32)
    window: NDArray[np.float32] = np.minimum(ramp[:, None], ramp[None])[..., None]
    return window
