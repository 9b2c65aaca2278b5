"""One classifier of an ensemble, and how photographs are cropped for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.models.classifier_checkpoint import ClassifierInfo
from common.models.classifier_ensemble import calibrated, calibrated_logits
from common.models.crop_settings import CropSettings
from common.runtime.device import Device
from infer.cropping import CropRequest
from infer.models.classifier_model import ClassifierModel
from infer.models.open_classifier import open_classifier


@dataclass(frozen=True)
class Member:
    """A classifier, ready to be used; `crops` has the size that photographs are cut at, before they fit."""

    model: ClassifierModel
    chosen: str  # why this one, for people
    crops: CropSettings
    views: tuple[str, ...]  # that logits are averaged over, beside the crop as it is

    @property
    def file(self) -> Path:
        """What the classifier was loaded from."""
        return self.model.file

    @property
    def info(self) -> ClassifierInfo:
        """What the file says of itself."""
        return self.model.info

    @property
    def size(self) -> int:
        """Pixels, both sides of what the network takes."""
        return self.model.size

    def logits(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """(N,) calibrated logits, divided by the temperature, of square RGB crops of any size.

        Averaged over crop and views. Raises UserError for what is not finite, and for want of memory.
        """
        score = partial(self.model.score, views=self.views)
        return calibrated_logits(score, crops, self.size, self.info.point.temperature, str(self.file))

    def step_logits(self, crops: Sequence[NDArray[np.uint8]], lengths: Sequence[int]) -> NDArray[np.float64]:
        """(N,) calibrated logits of the frames of tracks by a head over time, see `score_steps`."""
        found = self.model.score_steps(crops, lengths, self.views)
        return calibrated(found, self.info.point.temperature, str(self.file))


def open_member(
    file: Path, chosen: str, asked: CropRequest, device: Device, views: Sequence[str] | None = None
) -> Member:
    """The classifier of a file, and crops and views as in its training unless asked for otherwise.

    Raises UserError as `open_classifier`, `CropRequest.settle` and `ClassifierModel.settle_views`.
    """
    model = open_classifier(file, device)
    crops = asked.settle(model.info.crops)
    if model.info.crops is None:
        crops = crops.model_copy(update={"size": model.size})
    return Member(model, chosen, crops, model.settle_views(views))
