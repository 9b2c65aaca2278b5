"""What a detector finds, and what every detector can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from common.runtime.device import Device


@dataclass(frozen=True)
class Detection:
    """A face found in an image, in pixels of that image; the middle of the first pixel is (0, 0)."""

    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2
    # (5, 2) x, y: the eye on the left of the image, the right eye, nose, left and right corner of the mouth
    landmarks: NDArray[np.float32]
    score: float  # in [0, 1]


# whether these faces will do, given that one not yet looked for covers at most so many square pixels
Enough = Callable[[list[Detection], float], bool]


def never_enough(faces: list[Detection], unseen_area: float) -> bool:
    """Look for every face, however small."""
    return False


@dataclass(frozen=True)
class DetectorSettings:
    """What detectors are asked for.

    Attributes:
        det_size: images with a longer side, in pixels, are searched at this size.
        min_score: detections below are dropped.
        device: where the network runs.
        threads: of ONNX Runtime, within one image, on a CPU.
    """

    det_size: int = 640
    min_score: float = 0.5
    device: Device = Device.AUTO
    threads: int = 1


@dataclass(frozen=True)
class ScoreLevels:
    """Where the scores of a network lie; `align/crops/upright.py` says what they are for."""

    sure: float  # reached by nearly all upright faces, and not by those on their side
    clear: float  # asked of a face for which a photograph is turned


class Detector(Protocol):
    """Finds faces with five landmarks.

    Attributes:
        name: of the network, as it stands in the header of shards.
        sha256: of its weights, in hexadecimal.
        batch_size: how many images it takes best at once.
        wanted_side: pixels; an image is searched no larger than this on its longer side, so that a reduced
            one of this size serves as well as the whole.
        levels: of its scores.
    """

    name: str
    sha256: str
    batch_size: int
    wanted_side: int
    levels: ScoreLevels

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], enough: Sequence[Enough]
    ) -> list[list[Detection]]:
        """The faces of each (H, W, 3) uint8 RGB image, best score first.

        A detector may leave out faces of an image that are smaller than those for which the `enough` of that
        image was true.
        """
        ...


def detect(detector: Detector, image: NDArray[np.uint8]) -> list[Detection]:
    """All faces of one (H, W, 3) uint8 RGB image, best score first."""
    return detector.detect_batch([image], [never_enough])[0]
