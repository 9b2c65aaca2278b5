"""A network of timm whose maps of four resolutions are pooled side by side, under FPN, CBAM or both."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from common.models.backbones.timm_names import PREFIX
from common.models.backbones.timm_stages import group_layers
from common.models.backbones.timm_trunk import Layout, as_map
from common.models.networks.cbam import Cbam
from common.models.networks.network import ClassifierNetwork
from common.models.networks.timm_name import CBAM, FPN
from common.models.networks.timm_options import create_timm, fit_options
from common.runtime.errors import UserError

STRIDES = (4, 8, 16, 32)  # pixels of the crop between two places of a map
FPN_WIDTH = 256  # channels of every level


class PyramidNetwork(ClassifierNetwork):
    """Maps of strides 4, 8, 16 and 32, each averaged over its places; concatenated, dropout, linear.

    With `fpn` the maps go through a feature pyramid first (Lin et al., "Feature pyramid networks for object
    detection", CVPR 2017): 1x1 to 256 channels, the next coarser level doubled and added, 3x3. With `cbam`
    each map is then weighed by an attention of its own.

    Args:
        size: pixels of a crop's side.
        dropout: of the concatenated features.
        name: in timm, without prefix.
        own: see `TimmName.options`.

    Raises UserError for a size that the network cannot take, and for a network without maps of these strides.
    """

    def __init__(
        self, size: int, dropout: float, name: str, fpn: bool, cbam: bool, own: Mapping[str, Any]
    ) -> None:
        from torchvision.ops import FeaturePyramidNetwork

        super().__init__()
        levels = {"features_only": True, "out_indices": _levels(name), **own}
        self.options = fit_options(name, size, levels, _check_maps)
        self.backbone = create_timm(name, self.options)
        widths: list[int] = self.backbone.feature_info.channels()
        self.fpn = FeaturePyramidNetwork(widths, FPN_WIDTH) if fpn else None
        if fpn:
            widths = [FPN_WIDTH] * len(widths)
        self.cbam = nn.ModuleList(Cbam(width) for width in widths) if cbam else None
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(sum(widths), 1)
        self._layout: Layout = "NHWC" if getattr(self.backbone, "output_fmt", None) == "NHWC" else "NCHW"

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        maps = [as_map(features, self._layout) for features in self.backbone(images)]
        if self.fpn is not None:
            maps = list(self.fpn(dict(enumerate(maps))).values())
        if self.cbam is not None:
            maps = [attention(features) for attention, features in zip(self.cbam, maps, strict=True)]
        pooled = torch.cat([features.mean((2, 3)) for features in maps], dim=1)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: those of timm, then everything over the maps."""
        over = [part for part in (self.fpn, self.cbam, self.head) if part is not None]
        return [*group_layers(self.backbone), nn.ModuleList(over)]

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`: the coarsest level, under all others of an FPN."""
        levels = self.cbam if self.fpn is None else self.fpn.inner_blocks
        assert isinstance(levels, nn.ModuleList)
        return levels[-1]

    @property
    def explanation_gates(self) -> list[nn.Module]:
        """See `ClassifierNetwork.explanation_gates`: one for each level, the finest first."""
        return (
            [] if self.cbam is None else [attention.get_submodule("spatial_gate") for attention in self.cbam]
        )


def _levels(name: str) -> tuple[int, ...]:
    """Which of timm's feature maps have the four strides. Raises UserError where one is missing."""
    refused = f"{PREFIX}{name} has no maps of strides {', '.join(map(str, STRIDES))} for {FPN} or {CBAM}"
    try:
        with torch.device("meta"):
            strides: list[int] = create_timm(name, {"features_only": True}).feature_info.reduction()
    except (RuntimeError, AssertionError, AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{refused}; choose a convolutional network") from error
    found = {stride: index for index, stride in enumerate(strides)}
    if not set(STRIDES) <= found.keys():
        raise UserError(f"{refused}, but of {', '.join(map(str, strides))}; choose another network")
    return tuple(found[stride] for stride in STRIDES)


def _check_maps(answer: Any) -> None:
    if [features.ndim for features in answer] != [4] * len(STRIDES):
        raise ValueError("it does not give four maps")
