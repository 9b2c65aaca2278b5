"""An aligned face, as forging takes it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.formats.crop_frame import ARCFACE_POINTS, ARCFACE_SIZE, CropFrame, landmarks_in_crop
from common.formats.shards import Alignment

Image = NDArray[np.uint8]  # (size, size, 3) RGB
Floats = NDArray[np.float32]

EYES_TO_MOUTH = float(np.linalg.norm(ARCFACE_POINTS[3:].mean(axis=0) - ARCFACE_POINTS[:2].mean(axis=0)))


@dataclass(frozen=True)
class Face:
    """A bona fide crop and where its face lies in it."""

    image: Image
    landmarks: NDArray[np.float64]  # (5, 2) x, y in pixels of the crop, in the order of a shard's

    @property
    def size(self) -> int:
        """Pixels, both sides of the crop."""
        return len(self.image)

    @property
    def unit(self) -> float:
        """Pixels of the crop on a pixel of ArcFace's: lengths in methods are multiples of it.

        Between a fifth and twice of what it is where the crop is ArcFace's own, whatever the landmarks.
        """
        eyes, mouth = self.landmarks[:2].mean(axis=0), self.landmarks[3:].mean(axis=0)
        usual = self.size / ARCFACE_SIZE
        return float(np.clip(np.linalg.norm(mouth - eyes) / EYES_TO_MOUTH, 0.2 * usual, 2 * usual))


def landmarks_for_forging(
    landmarks: NDArray[np.floating],
    boxes: NDArray[np.floating],
    alignment: NDArray[np.uint8],
    frame: CropFrame,
) -> NDArray[np.float64]:
    """Where the landmarks of N crops of a shard lie in the crops, (N, 5, 2) in pixels.

    Args:
        landmarks, boxes: (N, 5, 2) and (N, 4), in pixels of the photographs.
        alignment: (N,) of `Alignment`.
        frame: that the crops were taken in.

    Crops that were taken as they were have the frame's own points, since they are taken to be aligned; crops
    without a face are NaN: there is nothing to forge.
    """
    faces = zip(landmarks, boxes, strict=True)
    found = np.array([landmarks_in_crop(points, box, frame) for points, box in faces]).reshape(-1, 5, 2)
    found[alignment == Alignment.AS_GIVEN] = frame.points
    found[alignment == Alignment.CENTRE] = np.nan
    return found
