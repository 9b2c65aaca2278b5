"""One classifier of an ensemble, on its device, and how photographs are cropped for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from common.formats.crop_size import fit_crop
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import ClassifierInfo, load_classifier
from common.models.crop_settings import CropSettings
from common.runtime.checksum import file_sha256
from common.runtime.device import Device
from common.runtime.errors import UserError
from infer.cropping import CropRequest
from infer.models.torch_device import memory_told, settled_device

BATCH = 64  # crops at one time, and then as many mirror images


@dataclass(frozen=True)
class Member:
    """A classifier, ready to be used; `crops` has the size that photographs are cut at, before they fit."""

    file: Path
    sha256: str
    chosen: str  # why this one, for people
    classifier: Classifier
    info: ClassifierInfo
    crops: CropSettings

    @property
    def size(self) -> int:
        """Pixels, both sides of what the network takes."""
        return self.info.input_format.size

    def logits(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """(N,) calibrated logits, divided by the temperature, of square RGB crops of any size.

        Averaged over crop and mirror image. Raises UserError for what is not finite, and for want of memory.
        """
        found = np.empty(len(crops))
        for start in range(0, len(crops), BATCH):
            part = np.stack([fit_crop(crop, self.size) for crop in crops[start : start + BATCH]])
            with memory_told("classifying"):
                images = torch.from_numpy(part).to(self._device).permute(0, 3, 1, 2)
                found[start : start + BATCH] = self.classifier.score(images).cpu().numpy()
        if not np.isfinite(found).all():
            raise UserError(f"{self.file} gives logits that are not finite: its weights are damaged")
        return found / self.info.point.temperature

    @property
    def _device(self) -> torch.device:
        return next(self.classifier.parameters()).device


def open_member(file: Path, chosen: str, asked: CropRequest, device: Device) -> Member:
    """The classifier of a checkpoint, and crops as in its training unless asked for otherwise.

    Raises UserError where the file is not one, as `CropRequest.settle`, and as `settled_device`.
    """
    sha256 = file_sha256(file) if file.is_file() else ""
    loaded = load_classifier(file)
    where = settled_device(device)
    with memory_told("loading the model"):
        classifier = loaded.classifier.to(where)
    crops = asked.settle(loaded.info.crops)
    if loaded.info.crops is None:
        crops = crops.model_copy(update={"size": loaded.info.input_format.size})
    return Member(file, sha256, chosen, classifier, loaded.info, crops)
