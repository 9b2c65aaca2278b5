"""The improved residual network of ArcFace (Deng et al., CVPR 2019), section 3.1, known as IR or iresnet.

Module names follow CVLFace and AdaFace, so their published weights load by key.
"""

from torch import Tensor, nn

from common.backbones.network import FACE_SIZE, Backbone

FULL_WIDTH = (64, 128, 256, 512)
LITE_WIDTH = (24, 48, 96, 192)


class ResidualBlock(nn.Module):
    """BN - conv - BN - PReLU - conv (stride) - BN, added to the identity or to a projected shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        if channels_in == channels:
            # window 1: the published networks subsample here without a projection
            self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
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

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels_in, H, W) to (N, channels, H/stride, W/stride)."""
        return self.res_layer(features) + self.shortcut_layer(features)


class ImprovedResNet(Backbone):
    """IR-18 to IR-101 and lighter kin, told apart by blocks per stage and width.

    Args:
        blocks: residual blocks in each of the four stages; the first of each halves the resolution.
        width: channels of each stage; the stem has those of the first.
        embedding_size: length of the embedding.
        stem_stride: 1 as published; 2 costs a quarter of the arithmetic and some detail.
        dropout: share of the final features dropped in training; 0.4 as published.
    """

    def __init__(
        self,
        blocks: tuple[int, ...],
        width: tuple[int, ...],
        embedding_size: int = 512,
        stem_stride: int = 1,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
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
            nn.Linear(width[-1] * _final_side(stem_stride, len(width)) ** 2, embedding_size),
            nn.BatchNorm1d(embedding_size, affine=False),
        )
        layers: list[nn.Module] = []
        channels_in = width[0]
        for count, channels in zip(blocks, width, strict=True):
            for position in range(count):
                layers.append(ResidualBlock(channels_in, channels, stride=2 if position == 0 else 1))
                channels_in = channels
        self.body = nn.Sequential(*layers)
        _initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """See `Backbone.forward`."""
        return self.output_layer(self.body(self.input_layer(images)))


def _final_side(stem_stride: int, stages: int) -> int:
    side = FACE_SIZE // stem_stride
    for _ in range(stages):
        side = (side + 1) // 2
    return side


def _initialise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
