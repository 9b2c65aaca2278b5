"""MobileFaceNet (Chen et al., CCBR 2018), in the 128-d variant whose MS-Celeb-1M weights are widely used."""

from itertools import islice

from torch import Tensor, nn

from common.models.backbones.initialise import initialise
from common.models.backbones.network import Backbone
from common.models.backbones.sizes import MULTIPLE, check_multiple

# expansion, channels, repeats, stride of the first repeat
INVERTED_RESIDUALS = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


def _conv_bn_relu6(
    channels_in: int, channels: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU6(inplace=True),
    )


class SeparableConv(nn.Module):
    """Depthwise 3x3 and pointwise convolution, each with BN and ReLU."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels_in, channels_in, 3, padding=1, groups=channels_in, bias=False)
        self.pointwise = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels_in, H, W) to (N, channels, H, W)."""
        features = self.relu(self.bn1(self.depthwise(features)))
        projected: Tensor = self.relu(self.bn2(self.pointwise(features)))
        return projected


class InvertedResidual(nn.Module):
    """The block of MobileNetV2: expand, depthwise, project; residual where shape allows."""

    def __init__(self, channels_in: int, channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.is_residual = stride == 1 and channels_in == channels
        self.conv = nn.Sequential(
            _conv_bn_relu6(channels_in, hidden, 1),
            _conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels_in, H, W) to (N, channels, H/stride, W/stride)."""
        projected: Tensor = self.conv(features)
        return features + projected if self.is_residual else projected


class GlobalDepthwiseConv(nn.Module):
    """A learned average over the whole map, one weight per channel and place, in the stead of pooling."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, side, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, side, side) to (N, channels, 1, 1)."""
        pooled: Tensor = self.bn(self.depthwise(features))
        return pooled


class MobileFaceNet(Backbone):
    """MobileFaceNet; one million parameters.

    Args:
        size: pixels of a crop's side, a multiple of 16; 112 as published.
        embedding_size: length of the embedding.

    Raises UserError for another size.
    """

    first_key = "conv1.0.weight"

    def __init__(self, size: int, embedding_size: int = 128) -> None:
        super().__init__()
        check_multiple(size)
        self.embedding_size = embedding_size
        self.conv1 = _conv_bn_relu6(3, 64, 3, stride=2)
        self.dw_conv = SeparableConv(64, 64)
        self.conv2 = _conv_bn_relu6(128, 512, 1)
        self.gdconv = GlobalDepthwiseConv(512, size // MULTIPLE)
        self.conv3 = nn.Conv2d(512, embedding_size, 1)
        self.bn = nn.BatchNorm1d(embedding_size)
        blocks: list[nn.Module] = []
        channels_in = 64
        for expansion, channels, repeats, stride in INVERTED_RESIDUALS:
            for position in range(repeats):
                blocks.append(
                    InvertedResidual(channels_in, channels, stride if position == 0 else 1, expansion)
                )
                channels_in = channels
        self.features = nn.Sequential(*blocks)
        initialise(self, zero_biases=False)

    def forward(self, images: Tensor) -> Tensor:
        """See `Backbone.forward`."""
        features = self.conv2(self.features(self.dw_conv(self.conv1(images))))
        embeddings: Tensor = self.bn(self.conv3(self.gdconv(features)).flatten(1))
        return embeddings

    def stages(self) -> list[nn.Module]:
        """See `Backbone.stages`: the layers of each resolution, then those that make the embedding."""
        resolutions = [nn.ModuleList([self.conv1, self.dw_conv])]
        blocks = iter(self.features)
        for _, _, count, stride in INVERTED_RESIDUALS:
            if stride == 2:
                resolutions.append(nn.ModuleList())
            resolutions[-1].extend(islice(blocks, count))
        return [*resolutions, nn.ModuleList([self.conv2, self.gdconv, self.conv3, self.bn])]
