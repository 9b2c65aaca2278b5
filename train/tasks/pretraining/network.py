"""A network of timm that fills in the masked places of crops, with a decoder of one layer (SimMIM)."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from common.models.backbones.timm_names import PREFIX
from common.models.backbones.timm_stages import group_layers
from common.models.backbones.timm_trunk import (
    FAILURES,
    Layout,
    as_map,
    features_layout,
    unused_parameters,
)
from common.models.input_format import InputFormat, Normalise, channels_last
from common.models.networks.timm_name import split_name
from common.models.networks.timm_options import create_timm, fit_options
from common.models.plane_names import RGB, PlaneName, channels_of
from common.models.planes import Planes
from common.models.pretraining_checkpoint import Target
from common.runtime.errors import UserError

COLOURS = 3


class MaskedAutoencoder(nn.Module):
    """Network that sees crops with masked places, and says what is there (Xie et al., CVPR 2022).

    `trunk` is timm's network without a layer of classes, with timm's names; `decoder` is a 1x1 convolution
    whose channels are the pixels of a place of the map (PixelShuffle). What stands in the masked places is
    the mean colour, 0 once it is normalised; the paper has a vector that is learnt there.

    Args:
        name: `timm:NAME`, as in `create_network`, without anything over its features.
        input_format: size, colour order and normalisation.
        planes: what of the crop the network sees.
        mask_before: mask the crop, before the planes are made of it; else all planes, as was published: then
            the spectrum, whose every value depends on all pixels, tells of what is masked.
        target: what is filled in: the normalised colours, or all planes.

    Raises UserError for a network whose features have no places, and for a size that it cannot take.
    """

    _mean_colour: Tensor

    def __init__(
        self,
        name: str,
        input_format: InputFormat,
        planes: Sequence[PlaneName] = RGB,
        *,
        mask_before: bool = True,
        target: Target = "rgb",
    ) -> None:
        super().__init__()
        self.input_format = input_format
        self.planes = Planes(planes, input_format)
        self.colours = Normalise(input_format)
        self.target_planes: tuple[PlaneName, ...] = tuple(planes) if target == "planes" else RGB
        self._mask_before, self._target = mask_before, target
        mean = torch.tensor(input_format.mean, dtype=torch.float32).view(1, COLOURS, 1, 1)
        self.register_buffer("_mean_colour", mean, persistent=False)
        channels, parts = channels_of(planes), split_name(name.removeprefix(PREFIX))
        rest = {"num_classes": 0, **parts.options(channels)}
        options = fit_options(parts.plain, input_format.size, rest, _any)
        self._layout, width, stride, unused = _plan(parts.plain, options, channels, input_format.size)
        self.trunk: Any = create_timm(parts.plain, options)
        for key, parameter in self.trunk.named_parameters():
            if key in unused:  # several processes wait for the gradients of all others
                parameter.requires_grad_(False)
        out = channels_of(self.target_planes)
        self.decoder = nn.Sequential(nn.Conv2d(width, out * stride**2, 1), nn.PixelShuffle(stride))
        channels_last(self)

    def forward(self, crops: Tensor, masks: Tensor) -> Tensor:
        """The sum of |difference| over the masked pixels of each crop, and their number, (N, 2) float32.

        The difference of a pixel is the mean over its channels.

        Args:
            crops: (N, 3, size, size) RGB in 0..255, any dtype.
            masks: (N, P, P) bool, whose places share the crop evenly; true is masked.
        """
        wrong = (self.reconstruct(crops, masks) - self.target(crops)).abs().mean(1)
        hidden = over_pixels(masks, crops)[:, 0]
        return torch.stack([(wrong * hidden).sum((1, 2)), hidden.sum((1, 2)).float()], 1)

    def reconstruct(self, crops: Tensor, masks: Tensor) -> Tensor:
        """What the network says is in crops, (N, C, size, size) float32 as `target` has it."""
        hidden = over_pixels(masks, crops)
        before = self._mask_before
        seen = self.planes(self.hide(crops, hidden)) if before else self.planes(crops) * ~hidden
        features = places_of(self.trunk, self.trunk.forward_features(seen), self._layout)
        pixels: Tensor = self.decoder(features).float()
        return pixels

    def hide(self, crops: Tensor, hidden: Tensor) -> Tensor:
        """Crops as float32 with the mean colour where `hidden`, (N, 1, size, size), is true."""
        return torch.where(hidden, self._mean_colour, crops.float())

    def target(self, crops: Tensor) -> Tensor:
        """What is to be filled in, (N, C, size, size) float32."""
        wanted: Tensor = self.planes(crops) if self._target == "planes" else self.colours(crops)
        return wanted

    def stages(self) -> list[nn.Module]:
        """Those of timm, then the decoder."""
        return [*group_layers(self.trunk), self.decoder]


def places_of(trunk: Any, features: Tensor, layout: Layout) -> Tensor:
    """The features of places as a square map (N, C, g, g), without tokens of class and registers."""
    if layout != "NLC":
        return as_map(features, layout)
    tokens = features[:, getattr(trunk, "num_prefix_tokens", 0) :]
    side = math.isqrt(tokens.shape[1])
    return tokens.transpose(1, 2).reshape(len(tokens), -1, side, side)


def over_pixels(masks: Tensor, crops: Tensor) -> Tensor:
    """Masks (N, P, P) at the pixels of crops, (N, 1, H, W)."""
    times = crops.shape[-1] // masks.shape[-1]
    return masks.repeat_interleave(times, 1).repeat_interleave(times, 2).unsqueeze(1)


def _plan(
    plain: str, options: dict[str, Any], channels: int, size: int
) -> tuple[Layout, int, int, frozenset[str]]:
    """Layout, channels and stride of a network's features, and the parameters that they do not depend on."""
    try:
        with torch.device("meta"), torch.inference_mode(False), torch.enable_grad():
            trunk = create_timm(plain, options).eval()
            features = trunk.forward_features(torch.zeros(1, channels, size, size))
            layout = features_layout(features, getattr(trunk, "output_fmt", None))
            _, width, rows, columns = places_of(trunk, features, layout).shape
            unused = unused_parameters(trunk, features)
    except FAILURES as error:
        raise UserError(
            f"{PREFIX}{plain} cannot be pre-trained: its features have no places; choose a ConvNeXt, a "
            "ResNet or a ViT of timm"
        ) from error
    stride = _stride(trunk, size // rows)
    if rows != columns or rows * stride != size:
        low = size // stride * stride
        fitting = " or ".join(f"{near}" for near in (low, low + stride) if near)
        raise UserError(
            f"the map of {PREFIX}{plain} has a place every {stride} pixels, which do not fill {size}; choose "
            f"--size {fitting}"
        )
    return layout, width, stride, unused


def _stride(trunk: Any, found: int) -> int:
    """Pixels of a side of a place, by timm's own word where it has one: a map is rounded up or down."""
    try:
        return int(trunk.feature_info[-1]["reduction"])
    except (AttributeError, TypeError, KeyError, IndexError):
        return found


def _any(answer: Any) -> None:
    """Take whatever a network gives: its features are looked at apart."""
