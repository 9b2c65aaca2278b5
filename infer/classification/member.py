"""One classifier of an ensemble, and how photographs are cropped for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.crop_size import fit_crop
from common.models.classifier_checkpoint import ClassifierInfo
from common.models.crop_settings import CropSettings
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.cropping import CropRequest
from infer.models.classifier_model import ClassifierModel
from infer.models.open_classifier import open_classifier

BATCH = 64  # crops at one time, and then as many mirror images


@dataclass(frozen=True)
class Member:
    """A classifier, ready to be used; `crops` has the size that photographs are cut at, before they fit."""

    model: ClassifierModel
    chosen: str  # why this one, for people
    crops: CropSettings

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

        Averaged over crop and mirror image. Raises UserError for what is not finite, and for want of memory.
        """
        found = np.empty(len(crops))
        for start in range(0, len(crops), BATCH):
            part = np.stack([fit_crop(crop, self.size) for crop in crops[start : start + BATCH]])
            found[start : start + BATCH] = self.model.score(part)
        with np.errstate(over="ignore"):
            calibrated: NDArray[np.float64] = found / self.info.point.temperature
        if not np.isfinite(calibrated).all():
            raise UserError(
                f"{self.file} gives logits that are not finite: its weights or its temperature are damaged; "
                "use another"
            )
        return calibrated


def open_member(file: Path, chosen: str, asked: CropRequest, device: Device) -> Member:
    """The classifier of a file, and crops as in its training unless asked for otherwise.

    Raises UserError as `open_classifier` and `CropRequest.settle`.
    """
    model = open_classifier(file, device)
    crops = asked.settle(model.info.crops)
    if model.info.crops is None:
        crops = crops.model_copy(update={"size": model.size})
    return Member(model, chosen, crops)
