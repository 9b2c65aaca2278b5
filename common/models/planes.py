"""The layer before a classifier's network: planes of a crop side by side, its colours among them or not."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.input_format import WHITE, InputFormat, Normalise
from common.models.plane_names import PLANES, RGB, PlaneName, channels_of

__all__ = ["PLANES", "RGB", "PlaneName", "Planes", "channels_of"]

MIDDLE, SPREAD = 3.0, 3.0  # of log(1 + amplitude), as published
GAIN = 3.0  # of residuals, as published


class Spectrum(nn.Module):
    """The amplitudes of the Fourier transform of each colour, (log(1 + |rfft2(x)|) - 3) / 3, x in 0..1.

    Not normalised, not shifted: the mean of the crop is in the upper left corner. The W/2 + 1 columns of the
    half that is not its own mirror image are stretched bilinearly to W.
    """

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in 0..255, any dtype, to float32 of the same shape."""
        amplitudes = torch.fft.rfft2(_unit(crops)).abs()
        scaled = (amplitudes.log1p() - MIDDLE) / SPREAD
        return functional.interpolate(scaled, crops.shape[-2:], mode="bilinear", align_corners=False)


class Laplacian(nn.Module):
    """Three times the difference of each pixel from its four neighbours, 4x - the sum of these, x in 0..1.

    A residual as steganalysis takes it (SRM: Fridrich and Kodovsky, "Rich models for steganalysis of digital
    images", IEEE TIFS 2012), a colour at a time, with zeros around the crop. Written in sums, not as a
    convolution, which mixed precision and TF32 would shorten.

    Args:
        green_alone: red and blue become three times -x, for parity with networks that were published so.
    """

    def __init__(self, green_alone: bool = False) -> None:
        super().__init__()
        self.green_alone = green_alone

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in 0..255, any dtype, to float32 of the same shape."""
        pixels = _unit(crops)
        framed = functional.pad(pixels, (1, 1, 1, 1))
        neighbours = (
            framed[:, :, :-2, 1:-1]
            + framed[:, :, 2:, 1:-1]
            + framed[:, :, 1:-1, :-2]
            + framed[:, :, 1:-1, 2:]
        )
        residual = 4 * pixels - neighbours
        if self.green_alone:
            residual = torch.cat([-pixels[:, :1], residual[:, 1:2], -pixels[:, 2:]], dim=1)
        return GAIN * residual


# each takes the input format, of which the colours alone make use
LAYERS: dict[str, Callable[[InputFormat], nn.Module]] = {
    "rgb": Normalise,
    "spectrum": lambda _: Spectrum(),
    "srm": lambda _: Laplacian(),
    "srm_published": lambda _: Laplacian(green_alone=True),
}


class Planes(nn.Module):
    """The layer that makes planes of 8-bit RGB crops. It has no weights, and computes in float32 throughout.

    `Planes(("rgb",), input_format)` is `Normalise(input_format)`, bit by bit.

    Args:
        names: of `PLANES`, in the order of the channels.
        input_format: how `rgb` is normalised.
    """

    def __init__(self, names: Sequence[PlaneName], input_format: InputFormat) -> None:
        super().__init__()
        self.names = tuple(names)
        self._layers = nn.ModuleList(LAYERS[name](input_format) for name in names)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in 0..255, any dtype, to (N, channels, H, W) float32, channels last."""
        made: list[Tensor] = [layer(crops) for layer in self._layers]
        if self.names == RGB:
            return made[0]
        return torch.cat(made, dim=1).contiguous(memory_format=torch.channels_last)


def _unit(crops: Tensor) -> Tensor:
    """Float32 in 0..1, a colour after the other: transforms along rows are slower with channels last."""
    return crops.to(dtype=torch.float32, memory_format=torch.contiguous_format) / WHITE
