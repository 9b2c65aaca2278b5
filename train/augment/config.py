"""Configuration of the augmentation: what varies, how far and how often."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from train.section import Section

Probability = Annotated[float, Field(ge=0, le=1)]
Sigma = Annotated[float, Field(ge=0.1, le=3)]
Quality = Annotated[int, Field(ge=1, le=100)]
Share = Annotated[float, Field(gt=0, le=1)]
Area = Annotated[float, Field(gt=0, le=0.5)]

KNOBS = (
    "scale",
    "shift",
    "mirror",
    "contrast",
    "brightness",
    "colour",
    "saturation",
    "grey",
    "blur",
    "downscale",
    "jpeg",
    "occlusion",
)  # all off at 0


class AugmentConfig(Section):
    """The knobs of `Augmentation`, in the order in which they act; a knob at 0 is off.

    The defaults are for photographs. Each resampling, blur and compression takes some of the traces that a
    forgery leaves in the pixels: where these are all there is to learn, set `scale`, `blur`, `jpeg` and
    `downscale` to 0. Ranges are written `[low, high]`, both included.
    """

    scale: float = Field(0.1, ge=0, le=0.5)  # largest relative change of size; 0: nothing is resampled
    shift: int = Field(4, ge=0, le=32)  # pixels, largest whole-pixel move, down and across
    mirror: Probability = 0.5
    contrast: float = Field(0.2, ge=0, lt=1)  # largest relative change of the distance from the mean
    brightness: float = Field(0.2, ge=0, lt=1)  # largest relative change
    colour: float = Field(0.08, ge=0, lt=1)  # largest relative change of each channel
    saturation: float = Field(0.2, ge=0, le=1)  # largest relative change of the distance from grey
    grey: Probability = 0.02
    blur: Probability = 0.1
    blur_sigma: tuple[Sigma, Sigma] = (0.4, 1.5)  # pixels
    downscale: Probability = 0.1
    downscale_to: tuple[Share, Share] = (0.35, 0.75)  # of the side, before it is brought back
    jpeg: Probability = 0.2
    jpeg_quality: tuple[Quality, Quality] = (40, 95)
    occlusion: Probability = 0.1
    occlusion_area: tuple[Area, Area] = (0.03, 0.2)  # of the crop

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Self:
        for name in ("blur_sigma", "downscale_to", "jpeg_quality", "occlusion_area"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} is [low, high], but {low} is above {high}")
        return self

    @property
    def is_off(self) -> bool:
        """Whether every view equals its crop."""
        return not any(getattr(self, knob) for knob in KNOBS)
