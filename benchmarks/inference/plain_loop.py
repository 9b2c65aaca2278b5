"""What stage 3 is measured against: the loop that published solutions evaluate with."""

import copy
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from common.models.encoder import Encoder


class PlainLoop:
    """`retinaface.detect_faces`, insightface's `norm_crop` and one forward of the backbone, photograph by
    photograph.

    Args:
        encoder: its backbone is run as published: in torch, contiguous, batch norms as layers.
        mirrored: a second forward, of the mirror image, is averaged in.
        threads: of torch; by default as many as it takes itself.
    """

    def __init__(self, encoder: Encoder, mirrored: bool, threads: int | None = None) -> None:
        self._backbone = copy.deepcopy(encoder.backbone).eval().cpu()
        for parameter in self._backbone.parameters():
            parameter.data = parameter.data.contiguous()
        self._format = encoder.input_format
        self._mirrored = mirrored
        self._threads = threads

    def scores(self, pairs: Sequence[tuple[Path, Path]]) -> NDArray[np.float64]:
        """The similarity of each pair, NaN without two faces."""
        usual = torch.get_num_threads()
        torch.set_num_threads(self._threads or usual)
        try:
            return np.array([self._score(first, second) for first, second in pairs])
        finally:
            torch.set_num_threads(usual)

    def _score(self, first: Path, second: Path) -> float:
        embeddings = [self._embed(path) for path in (first, second)]
        if any(embedding is None for embedding in embeddings):
            return float("nan")
        return float(embeddings[0] @ embeddings[1])  # type: ignore[operator]

    def _embed(self, path: Path) -> Tensor | None:
        import retinaface
        from insightface.utils.face_align import norm_crop

        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        faces = retinaface.detect_faces(image)
        if not faces:
            return None
        landmarks = np.array([(point.x, point.y) for point in faces[0].landmarks])
        crop = norm_crop(image, landmarks, self._format.size)
        with torch.inference_mode():
            images = torch.from_numpy(crop).permute(2, 0, 1)[None].float()
            mean, scale = (
                torch.tensor(values).view(1, 3, 1, 1) for values in (self._format.mean, self._format.scale)
            )
            images = (images - mean) / scale
            if self._format.colour == "BGR":
                images = images.flip(1)
            embedding = functional.normalize(self._backbone(images))
            if self._mirrored:
                other = functional.normalize(self._backbone(images.flip(3)))
                embedding = functional.normalize(embedding + other)
            return embedding[0]
