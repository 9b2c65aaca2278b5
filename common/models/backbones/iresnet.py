"""The improved residual network of ArcFace (Deng et al., CVPR 2019), section 3.1, known as IR or iresnet.

Module names follow CVLFace and AdaFace, so their published weights load by key.
"""

from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.backbones.initialise import initialise
from common.models.backbones.network import Backbone
from common.models.backbones.sizes import check_multiple

FULL_WIDTH = (64, 128, 256, 512)
LITE_WIDTH = (24, 48, 96, 192)
SE_REDUCTION = 16


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what all of them are on average (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // SE_REDUCTION, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // SE_REDUCTION, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        squeezed = features.mean((2, 3), keepdim=True)
        scaled: Tensor = features * self.fc2(self.fc1(squeezed).relu()).sigmoid()
        return scaled


class Subsample(nn.Module):
    """Every `stride`-th pixel of every `stride`-th row: the shortcut of the published networks.

    They take it by a max pooling of window 1, which keeps 8 bytes of index for each pixel until the backward
    pass, in bf16 a fifth of the memory of an image.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, channels, H/stride, W/stride)."""
        if torch.compiler.is_exporting():  # a node of pooling can be quantised, one of slicing cannot
            return functional.max_pool2d(features, 1, self.stride)
        return features[..., :: self.stride, :: self.stride]


class ResidualBlock(nn.Module):
    """BN - conv - BN - PReLU - conv (stride) - BN, added to the identity or to a projected shortcut.

    With squeeze-and-excitation after the last BN where that is asked for.
    """

    def __init__(self, channels_in: int, channels: int, stride: int, squeeze: bool = False) -> None:
        super().__init__()
        if channels_in == channels:
            self.shortcut_layer: nn.Module = Subsample(stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(channels_in),
            nn.Conv2d(channels_in, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.PReLU(channels),
            nn.Conv2d(channels, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        if squeeze:
            self.res_layer.add_module("se_block", SqueezeExcitation(channels))

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels_in, H, W) to (N, channels, H/stride, W/stride)."""
        summed: Tensor = self.res_layer(features) + self.shortcut_layer(features)
        return summed


class ImprovedResNet(Backbone):
    """IR-18 to IR-101, IR-SE-50 and lighter kin, told apart by blocks per stage and width.

    Args:
        size: pixels of a crop's side, a multiple of 16.
        blocks: residual blocks in each of the four stages; the first of each halves the resolution.
        width: channels of each stage; the stem has those of the first.
        embedding_size: length of the embedding.
        stem_stride: 1 as published; 2 costs a quarter of the arithmetic and some detail.
        dropout: share of the final features dropped in training; 0.4 as published.
        squeeze: squeeze-and-excitation in every block.

    Raises UserError for another size.
    """

    first_key = "input_layer.0.weight"

    def __init__(
        self,
        size: int,
        blocks: tuple[int, ...],
        width: tuple[int, ...],
        embedding_size: int = 512,
        stem_stride: int = 1,
        dropout: float = 0.4,
        squeeze: bool = False,
    ) -> None:
        super().__init__()
        check_multiple(size)
        self.embedding_size = embedding_size
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, width[0], 3, stem_stride, 1, bias=False),
            nn.BatchNorm2d(width[0]),
            nn.PReLU(width[0]),
        )
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(width[-1]),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(width[-1] * _final_side(size // stem_stride, len(width)) ** 2, embedding_size),
            nn.BatchNorm1d(embedding_size, affine=False),
        )
        layers: list[nn.Module] = []
        channels_in = width[0]
        for count, channels in zip(blocks, width, strict=True):
            for position in range(count):
                layers.append(ResidualBlock(channels_in, channels, 2 if position == 0 else 1, squeeze))
                channels_in = channels
        self.body = nn.Sequential(*layers)
        self._blocks = blocks
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """See `Backbone.forward`."""
        embeddings: Tensor = self.output_layer(self.body(self.input_layer(images)))
        return embeddings

    def stages(self) -> list[nn.Module]:
        """See `Backbone.stages`: the stem, one for each resolution, the head."""
        blocks = iter(self.body)
        resolutions = [nn.ModuleList(islice(blocks, count)) for count in self._blocks]
        return [self.input_layer, *resolutions, self.output_layer]


def _final_side(side: int, stages: int) -> int:
    for _ in range(stages):
        side = (side + 1) // 2
    return side
