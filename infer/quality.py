"""What may make the similarity of a face unreliable, told by its crop and its landmarks.

The limits are measured. Photographs of 10 people of Labeled Faces in the Wild (LFW, 100) and of 15 of the
ORL faces (150) were degraded step by step, and compared with the untouched photographs of the same people
by a MobileFaceNet of 99.48 % LFW accuracy. The mean genuine similarity is 0.68 (ORL: 0.81) without
degradation, the FNMR at threshold 0.35 is 1.3 % (0.3 %). A limit lies near the step that takes a fifth of
the similarity. Of 470 untouched photographs, two get a warning: faces of LFW that are seen from the side.
"""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace
from common.formats.crop_frame import ARCFACE_SIZE

# The shorter side of the box. 39 pixels: similarity 0.62, 28: 0.55, 24: 0.45 and FNMR 22 %; at 18 no face
# is found in a third of the photographs. ORL: 38 pixels 0.73, 30 pixels 0.68.
MIN_FACE = 30
# `fine_detail`, 0.43 and more in untouched photographs. Gauss of sigma 1.5 pixels: 0.36, similarity 0.62;
# sigma 2: 0.29, 0.54; motion over 13 pixels: 0.28, 0.41, FNMR 27 %. ORL: sigma 2 0.21, 0.49; motion 0.25,
# 0.30.
MIN_FINE_DETAIL = 0.32
# The brightness that a twentieth of the face exceeds: its lit parts, so that dark skin does not count as
# dark. 142 and more in 98 % of untouched photographs; with 0.3 of the light 56, similarity 0.54; with 0.2
# of it 38, 0.38.
MIN_BRIGHTNESS = 55
# The share of the face where a channel is at its end, up to 0.03 in 98 % of untouched photographs; with 1.5
# times the light 0.35, similarity 0.65; with twice 0.65, 0.55. ORL: twice 0.58, 0.61.
MAX_CLIPPED = 0.6
# Untouched photographs have 0.98 and more. Degraded ones below 0.9 have a similarity of about 0.1 (ORL:
# 0.35).
MIN_SCORE = 0.9
# `turn`. Genuine pairs of LFW with a face above 0.5, 18 pairs, have 0.59; those where both are below 0.1
# have 0.71.
MAX_TURN = 0.5

CLIPPED = 254  # of 255: where JPEG takes the last step away
BRIGHT_PERCENTILE = 95
BLUR_SIGMA = 1.5  # pixels of a 112x112 crop
INNER = slice(30, 106), slice(24, 88)  # eyes to chin, of a 112x112 crop
# differences across a pixel, along four directions
DIRECTIONS = (
    np.array([[0, 0, 0], [-1, 0, 1], [0, 0, 0]], np.float32),
    np.array([[0, -1, 0], [0, 0, 0], [0, 1, 0]], np.float32),
    np.array([[-1, 0, 0], [0, 0, 0], [0, 0, 1]], np.float32),
    np.array([[0, 0, -1], [0, 0, 0], [1, 0, 0]], np.float32),
)


class QualityWarning(StrEnum):
    """A doubt about a face; the value is the one in JSON."""

    SMALL_FACE = "small_face"
    BLURRED = "blurred"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    LOW_DETECTION_SCORE = "low_detection_score"
    SIDE_VIEW = "side_view"

    @property
    def text(self) -> str:
        """What people read, a clause that can follow "in this photograph"."""
        return _TEXTS[self]


_TEXTS = {
    QualityWarning.SMALL_FACE: f"the face is less than {MIN_FACE} pixels wide",
    QualityWarning.BLURRED: "the face is blurred",
    QualityWarning.DARK: "the face is too dark",
    QualityWarning.OVEREXPOSED: "the face is overexposed",
    QualityWarning.LOW_DETECTION_SCORE: "the detector is not sure that this is a face",
    QualityWarning.SIDE_VIEW: "the face is seen from the side",
}


def quality_warnings(face: AlignedFace) -> tuple[QualityWarning, ...]:
    """The doubts about a face, in the order of `QualityWarning`.

    What needs landmarks or a score is passed over where these are NaN, as for crops that were given.
    """
    crop = _sized(face)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    box = face.detection.box
    doubts = {
        QualityWarning.SMALL_FACE: float(np.min(box[2:] - box[:2])) < MIN_FACE,
        QualityWarning.BLURRED: fine_detail(grey) < MIN_FINE_DETAIL,
        QualityWarning.DARK: float(np.percentile(grey[INNER], BRIGHT_PERCENTILE)) < MIN_BRIGHTNESS,
        QualityWarning.OVEREXPOSED: float((crop[INNER].max(axis=2) >= CLIPPED).mean()) > MAX_CLIPPED,
        QualityWarning.LOW_DETECTION_SCORE: face.detection.score < MIN_SCORE,
        QualityWarning.SIDE_VIEW: turn(face.detection.landmarks) > MAX_TURN,
    }
    return tuple(warning for warning in QualityWarning if doubts[warning])


def rank_quality(face: AlignedFace) -> tuple[int, float]:
    """What faces of one person sort by, the best first: fewer doubts, then from the front and sharp.

    These two are of one scale, and are what changes from frame to frame of a video.
    """
    grey = cv2.cvtColor(_sized(face), cv2.COLOR_RGB2GRAY).astype(np.float32)
    turned = turn(face.detection.landmarks)
    return len(quality_warnings(face)), (0 if np.isnan(turned) else turned) - fine_detail(grey)


def _sized(face: AlignedFace) -> NDArray[np.uint8]:
    """The crop of a face at the size that the limits were measured at."""
    if face.image.shape[0] == ARCFACE_SIZE:
        return face.image
    return np.asarray(
        cv2.resize(face.image, (ARCFACE_SIZE, ARCFACE_SIZE), interpolation=cv2.INTER_AREA), np.uint8
    )


def fine_detail(grey: NDArray[np.float32]) -> float:
    """How much of the contrast between neighbouring pixels is lost when a crop is blurred, at most 1.

    `grey` is (112, 112) in 0..255. A blurred crop has little to lose: Crété et al., "The blur effect:
    perception and estimation with a new no-reference perceptual blur metric", SPIE 2007. Taken along four
    directions, of which the lowest counts, because motion blurs one. 0 for a crop of one colour.
    """
    blurred = np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR_SIGMA), np.float32)
    return min(
        1 - _energy(blurred, direction) / energy if (energy := _energy(grey, direction)) > 0 else 0.0
        for direction in DIRECTIONS
    )


def turn(landmarks: NDArray[np.float32]) -> float:
    """How far a face is turned to a side: 0 from the front; NaN without landmarks.

    The distance of the nose from the middle of eyes and mouth (5, 2), along the line of the eyes, in parts of
    the mean width of eyes and mouth; infinite where that is 0.
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.astype(np.float64)
    eyes, mouth = right_eye - left_eye, right_mouth - left_mouth
    apart = float(np.linalg.norm(eyes))
    width = (apart + float(np.linalg.norm(mouth))) / 2
    if apart == 0:
        return float("inf")
    middle = (left_eye + right_eye + left_mouth + right_mouth) / 4
    return abs(float((nose - middle) @ eyes)) / apart / width


def _energy(grey: NDArray[np.float32], direction: NDArray[np.float32]) -> float:
    return float(np.square(cv2.filter2D(grey, -1, direction)[INNER]).mean())
