"""The differentiable face aligner as a detector, which finds exactly one face."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, EarlyExit, ScoreLevels
from align.detectors.dfa.geometry import published_crop, published_view, reduced_view, squared
from align.detectors.dfa.network import SIDE
from align.detectors.dfa.weights import find_weights, load_network
from align.detectors.session import CUDA_BATCH
from align.detectors.torch_network import ready
from common.runtime.checksum import file_sha256

WHOLE = 1 << 20  # pixels: no photograph has a longer side, so that none is decoded reduced


class DfaDetector:
    """The one face of a photograph by CVLface's aligner; see `Detector`.

    A photograph is seen at 160 pixels, whatever `det_size` is. The aligner always has an answer; its class
    score is the detection's, and below `min_score` there is no face.

    Raises UserError where there are no weights, or others.
    """

    # not measured: the published weights could not be had
    levels = ScoreLevels(sure=0.9, clear=0.8)
    kind = "dfa"
    wanted_side = SIDE

    def __init__(self, weights: str, settings: DetectorSettings) -> None:
        path = find_weights(weights)
        body, network = load_network(path)
        self._network, self._device = ready(network, settings)
        self._min_score = settings.min_score
        self.name = f"{self.kind}:{body}"
        self.sha256 = file_sha256(path)
        self.batch_size = CUDA_BATCH if self._device.type == "cuda" else 1

    @torch.inference_mode()
    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`; a list has one face or none."""
        squares = [squared(image) for image in images]
        views = torch.stack([self._view(square) for square, _ in squares])
        answers = self._network(views.flip(1).to(self._device)).cpu()
        found = []
        for (square, corner), answer in zip(squares, answers, strict=True):
            score = float(answer[4:6].softmax(0)[1])
            places = self._to_pixels(np.delete(answer.numpy(), (4, 5)).reshape(7, 2), len(square)) - corner
            is_face = score >= self._min_score and bool(np.isfinite(places).all())
            found.append([Detection(places[:2].reshape(4), places[2:], score)] if is_face else [])
        return found

    def _view(self, square: NDArray[np.uint8]) -> torch.Tensor:
        return reduced_view(square)

    def _to_pixels(self, parts: NDArray[np.float32], side: int) -> NDArray[np.float32]:
        """Points (N, 2) of a square of so many pixels, from parts of it."""
        return parts * np.float32(side) - np.float32(0.5)


class ExactDfaDetector(DfaDetector):
    """The same as it is published, for comparison: the crop too is cut from the 160 pixels."""

    kind = "dfa-exact"
    wanted_side = WHOLE

    def crop(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """See `CroppingDetector.crop`."""
        square, corner = squared(image)
        parts = (landmarks.astype(np.float64) + corner) / max(1, len(square) - 1)
        crop = published_crop(published_view(square), parts)
        pixels: NDArray[np.uint8] = ((crop + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
        return np.ascontiguousarray(pixels)

    def _view(self, square: NDArray[np.uint8]) -> torch.Tensor:
        return published_view(square)

    def _to_pixels(self, parts: NDArray[np.float32], side: int) -> NDArray[np.float32]:
        return parts * np.float32(side - 1)
