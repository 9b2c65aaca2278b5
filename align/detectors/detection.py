"""What a detector finds, and the interface that every detector has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from common.runtime.device import Device


@dataclass(frozen=True)
class Detection:
    """A face in an image, in pixels of that image; the middle of its first pixel is (0, 0)."""

    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2
    # (5, 2) x, y: the eye on the left of the image, the right eye, nose, left and right corner of the mouth
    landmarks: NDArray[np.float32]
    score: float  # in [0, 1]


# Early-exit test: may the search end, given these faces, if all others cover at most so many square pixels?
EarlyExit = Callable[[list[Detection], float], bool]


def no_early_exit(faces: list[Detection], unseen_area: float) -> bool:
    """The early-exit test that looks for every face, however small."""
    return False


@dataclass(frozen=True)
class DetectorSettings:
    """Settings that every detector takes.

    Attributes:
        det_size: pixels; images with a longer side are searched at this size.
        min_score: detections with a lower score are dropped.
        device: where the network runs.
        threads: of ONNX Runtime within one image, on a CPU.
    """

    det_size: int = 640
    min_score: float = 0.5
    device: Device = Device.AUTO
    threads: int = 1


@dataclass(frozen=True)
class ScoreLevels:
    """Score thresholds of a network; `align/crops/upright.py` uses them to tell turned faces."""

    sure: float  # nearly all upright faces reach it, and those on their side do not
    clear: float  # a photograph is turned only for a face that reaches it


class Detector(Protocol):
    """A face detector with five landmarks.

    Attributes:
        name: of the network, stored in the header of shards.
        sha256: of its weights, in hexadecimal, stored there too.
        batch_size: how many images it takes best at once.
        wanted_side: pixels; longer sides are reduced to this before the search, so that a photograph decoded
            at this size serves as well as the whole.
        levels: thresholds of its scores.
    """

    name: str
    sha256: str
    batch_size: int
    wanted_side: int
    levels: ScoreLevels

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """The faces of each (H, W, 3) uint8 RGB image, best score first.

        `early_exits` has a test for each image; where it is true, the detector may leave out smaller faces.
        """
        ...


@runtime_checkable
class CroppingDetector(Protocol):
    """A detector that cuts the crop of a face by a way of its own, in ArcFace's frame of 112 pixels."""

    def crop(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The crop (112, 112, 3) uint8 RGB of the face with landmarks (5, 2) in an (H, W, 3) photograph."""
        ...


def detect(detector: Detector, image: NDArray[np.uint8]) -> list[Detection]:
    """All faces of one (H, W, 3) uint8 RGB image, best score first."""
    return detector.detect_batch([image], [no_early_exit])[0]
