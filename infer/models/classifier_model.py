"""Classifiers in use: crops to logits, by torch."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.formats.crop_size import fit_crop
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import ClassifierInfo
from common.models.sequences import step_logits
from common.models.view_names import DEFAULT_VIEWS
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.torch_device import memory_told, settled_device


class ClassifierModel(ABC):
    """Maps crops to logits, whatever computes them.

    Attributes:
        file: what it was loaded from.
        sha256: of the file as it was then, in hexadecimal.
        info: what the file says of itself, with the operating point that is noted beside it, if any.
        precision: of its layers.
    """

    file: Path
    sha256: str
    info: ClassifierInfo
    precision: str = "fp32"

    @property
    def size(self) -> int:
        """Pixels, both sides of a crop."""
        return self.info.input_format.size

    def settle_views(self, asked: Sequence[str] | None) -> tuple[str, ...]:
        """The views that scores are to be averaged over beside the crop: those asked for, or its own.

        Raises UserError where it cannot.
        """
        return DEFAULT_VIEWS if asked is None else tuple(asked)

    @abstractmethod
    def score(self, crops: NDArray[np.uint8], views: Sequence[str] | None = None) -> NDArray[np.float64]:
        """(N, size, size, 3) RGB crops to logits (N,), not calibrated: above 0 for rather synthetic.

        Averaged over the crop and its `views`, see `settle_views`. Raises UserError where memory does not
        suffice, and as `settle_views`.
        """

    def score_steps(
        self, crops: Sequence[NDArray[np.uint8]], lengths: Sequence[int], views: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """(N,) as `common.models.sequences.step_logits`, of square RGB crops of any size, track by track.

        Raises UserError where there is no head that is learnt on sequences, and as `score`.
        """
        raise UserError(f"{self.file} has no head over time; name a classifier that has, or leave it out")


class TorchClassifier(ClassifierModel):
    """The classifier of a checkpoint, on its device.

    Raises UserError when CUDA is asked for and not there, or its memory does not suffice.
    """

    def __init__(
        self, classifier: Classifier, info: ClassifierInfo, file: Path, sha256: str, device: Device
    ) -> None:
        self.file = file
        self.sha256 = sha256
        self.info = info
        self.device = settled_device(device)
        with memory_told("loading the model"):
            self.classifier = classifier.eval().to(self.device)

    def score(self, crops: NDArray[np.uint8], views: Sequence[str] | None = None) -> NDArray[np.float64]:
        """See `ClassifierModel.score`."""
        chosen = self.settle_views(views)
        with memory_told("classifying"):
            images = torch.from_numpy(np.ascontiguousarray(crops)).to(self.device).permute(0, 3, 1, 2)
            found: NDArray[np.float64] = (
                self.classifier.score(images, chosen).cpu().numpy().astype(np.float64)
            )
        return found

    def score_steps(
        self, crops: Sequence[NDArray[np.uint8]], lengths: Sequence[int], views: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """See `ClassifierModel.score_steps`."""
        if not self.info.temporal.is_learnt:
            return super().score_steps(crops, lengths, views)

        def read(rows: NDArray[np.int64]) -> Tensor:
            fitted = np.stack([fit_crop(crops[row], self.size) for row in rows.tolist()])
            return torch.from_numpy(fitted).to(self.device).permute(0, 3, 1, 2)

        with memory_told("classifying"):
            return step_logits(self.classifier, read, lengths, self.info.steps, self.settle_views(views))
