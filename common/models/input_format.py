"""What a network expects of its input, and the layer that brings crops to it."""

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat
from torch import Tensor, nn

from common.models.backbones import FACE_SIZE, check_size, stated_normalisation

WHITE = 255.0
MIDDLE = 127.5  # (value - 127.5) / 127.5 is in [-1, 1]: what the published face networks take


def _per_channel(value: object) -> object:
    """One number stands for three equal ones, as in the checkpoints of the first version."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (value, value, value) if is_number else value


Positive = Annotated[FiniteFloat, Field(gt=0)]
Means = Annotated[tuple[FiniteFloat, FiniteFloat, FiniteFloat], BeforeValidator(_per_channel)]
Scales = Annotated[tuple[Positive, Positive, Positive], BeforeValidator(_per_channel)]


class InputFormat(BaseModel):
    """Normalisation of 8-bit RGB for a backbone: `(value - mean) / scale`, then the channel order `colour`.

    `mean` and `scale` are those of R, G and B, whatever the order of `colour`; one number means all three.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(FACE_SIZE, ge=16, le=1024)  # pixels, both sides
    colour: Literal["RGB", "BGR"] = "RGB"
    mean: Means = (MIDDLE, MIDDLE, MIDDLE)
    scale: Scales = (MIDDLE, MIDDLE, MIDDLE)


def default_input_format(backbone_name: str, size: int = FACE_SIZE) -> InputFormat:
    """The input format of a backbone where nothing else is known.

    RGB scaled to [-1, 1], the convention of insightface, for our own; for a network of timm the mean and the
    standard deviation that timm states, so that its published weights fit.

    Raises UserError for a name that timm does not know, and for a size outside 16..1024.
    """
    check_size(size)
    stated = stated_normalisation(backbone_name)
    if stated is None:
        return InputFormat(size=size)
    mean, deviation = stated
    return InputFormat(size=size, mean=_times_white(mean), scale=_times_white(deviation))


class Normalise(nn.Module):
    """The layer before a network: 8-bit RGB to what an input format says. It has no weights."""

    _mean: Tensor | float
    _scale: Tensor | float

    def __init__(self, input_format: InputFormat) -> None:
        super().__init__()
        self._colour = input_format.colour
        self._keep("_mean", input_format.mean)
        self._keep("_scale", input_format.scale)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in 0..255, any dtype, to float32 of the same shape, channels last."""
        images = crops.to(dtype=torch.float32, memory_format=torch.channels_last)
        images = (images - self._mean) / self._scale
        return images.flip(1) if self._colour == "BGR" else images

    def _keep(self, name: str, channels: tuple[float, float, float]) -> None:
        """Keep three equal numbers as one float, which is faster; others are registered as a buffer."""
        if len(set(channels)) == 1:
            setattr(self, name, channels[0])
        else:
            # a value, not a weight: real even where the module is made on the meta device
            values = torch.tensor(channels, dtype=torch.float32, device="cpu").view(1, 3, 1, 1)
            self.register_buffer(name, values, persistent=False)


def channels_last(network: nn.Module) -> None:
    """Lay out the kernels of a network so that convolutions of channels-last images are fast, in place."""
    for parameter in network.parameters():
        if parameter.ndim == 4:  # some networks of timm have kernels of five axes beside these
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def _times_white(channels: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = channels
    return WHITE * red, WHITE * green, WHITE * blue
