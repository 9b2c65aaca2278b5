"""MTCNN as a detector, with weights that the user brings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, EarlyExit, ScoreLevels
from align.detectors.mtcnn.cascade import find_faces
from align.detectors.mtcnn.files import digest, read_contents
from align.detectors.mtcnn.weights import open_stages
from align.detectors.resizing import enlarge, shrink
from align.detectors.torch_network import ready


class MtcnnDetector:
    """MTCNN of facenet-pytorch; see `Detector`.

    Args:
        place: a wheel or a folder, see `files.read_contents`.
        settings: a least score below 0.7 changes nothing, which is the threshold of the last network.

    Raises UserError where the weights are not there or others.
    """

    name = "mtcnn"
    batch_size = 1
    # of 224 photographs of LFW 97 % reach the first, and none of them turned by quarters does
    levels = ScoreLevels(sure=0.999, clear=0.98)

    def __init__(self, place: str, settings: DetectorSettings) -> None:
        contents = read_contents(place)
        pairs = [ready(stage, settings) for stage in open_stages(place, contents)]
        self._stages = pairs[0][0], pairs[1][0], pairs[2][0]
        self._device = pairs[0][1]
        self._min_score = settings.min_score
        self.sha256 = digest(contents)
        self.wanted_side = settings.det_size

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`; images go through the networks one after the other."""
        return [self._detect(image) for image in images]

    def _detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        small = shrink(image, self.wanted_side)
        faces = find_faces(small, self._stages, self._device, self._min_score)
        return [enlarge(face, small.shape[:2], image.shape[:2]) for face in faces]
