"""The one crop that both towers of a fused encoder are cut from."""

import math

import numpy as np

from common.formats.crop_frame import ARCFACE_SIZE, CropFrame, Template, crop_frame
from common.models.crop_settings import CropSettings
from common.runtime.errors import UserError

HOW = "'python -m align run PHOTOGRAPHS --template loose --margin 0.5 --size 224'"


def wide_crop(
    recogniser: CropSettings | None,
    recogniser_size: int,
    classifier: CropSettings | None,
    classifier_size: int,
) -> CropSettings:
    """The crops of a fused encoder: those of its classifier, large enough to hold the recogniser's pixels.

    Args:
        recogniser, classifier: how the crops of their trainings were taken; None, which stands for the
            defaults of `align run`: not known.
        recogniser_size, classifier_size: pixels that they take.

    Raises UserError for templates that no fixed transform leads between.
    """
    face, wide = recogniser or CropSettings(), classifier or CropSettings()
    if face.template != Template.ARCFACE:
        raise UserError(
            f"the recogniser was trained on crops of the template {face.template!r}, and a fused encoder "
            "cuts arcface crops for it; name one of these"
        )
    if wide.template not in (Template.ARCFACE, Template.LOOSE):
        raise UserError(
            f"the classifier was trained on crops of the template {wide.template!r}, in which the "
            f"recogniser's crop lies in no fixed place; train one on crops by {HOW}, or on arcface crops"
        )
    size = classifier_size
    if _face_side(wide, size) < recogniser_size:
        span = 1 + 2 * wide.margin if wide.template == Template.LOOSE else 1.0
        size = max(size, 2 * math.ceil(recogniser_size * span / 2 - 1e-9))  # even, so that it is a slice
    return wide.model_copy(update={"size": size})


def frame_of(crops: CropSettings, size: int) -> CropFrame:
    """The frame of crops that are taken so, at a size in pixels."""
    return crop_frame(size, Template(crops.template), crops.margin)


def _face_side(crops: CropSettings, size: int) -> float:
    """The pixels of such crops that the arcface crop is wide."""
    spans = [np.ptp(frame.points[:, 0]) for frame in (frame_of(crops, size), crop_frame())]
    return float(ARCFACE_SIZE * spans[0] / spans[1])
