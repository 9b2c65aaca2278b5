"""The improved residual network as insightface's arcface_torch writes it (Deng et al., CVPR 2019).

It differs from `iresnet.py` in the shortcut of the first block, which is projected even where the width
stays, in a BN with a learned shift after the linear layer, and in its names: those of the published weights.
"""

from torch import Tensor, nn

from common.models.backbones.initialise import initialise
from common.models.backbones.network import Backbone
from common.models.backbones.sizes import MULTIPLE, check_multiple

WIDTH = (64, 128, 256, 512)


class ArcFaceBlock(nn.Module):
    """BN - conv - BN - PReLU - conv (stride) - BN, added to the identity or to a projected shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.prelu = nn.PReLU(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels_in, H, W) to (N, channels, H/stride, W/stride)."""
        residual = self.prelu(self.bn2(self.conv1(self.bn1(features))))
        summed: Tensor = self.bn3(self.conv2(residual)) + self.downsample(features)
        return summed


class ArcFaceIResNet(Backbone):
    """iresnet18 to iresnet200 of arcface_torch.

    Args:
        size: pixels of a crop's side, a multiple of 16; 112 as published.
        blocks: residual blocks in each of the four stages; the first of each halves the resolution.
        embedding_size: length of the embedding.

    Raises UserError for another size.
    """

    first_key = "conv1.weight"

    def __init__(self, size: int, blocks: tuple[int, int, int, int], embedding_size: int = 512) -> None:
        super().__init__()
        check_multiple(size)
        self.embedding_size = embedding_size
        self.conv1 = nn.Conv2d(3, WIDTH[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTH[0])
        self.prelu = nn.PReLU(WIDTH[0])
        self.layer1 = _stage(WIDTH[0], WIDTH[0], blocks[0])
        self.layer2 = _stage(WIDTH[0], WIDTH[1], blocks[1])
        self.layer3 = _stage(WIDTH[1], WIDTH[2], blocks[2])
        self.layer4 = _stage(WIDTH[2], WIDTH[3], blocks[3])
        self.bn2 = nn.BatchNorm2d(WIDTH[3])
        self.fc = nn.Linear(WIDTH[3] * (size // MULTIPLE) ** 2, embedding_size)
        self.features = nn.BatchNorm1d(embedding_size)
        initialise(self)
        self.features.weight.requires_grad = False  # stays 1, as published

    def forward(self, images: Tensor) -> Tensor:
        """See `Backbone.forward`."""
        features = self.prelu(self.bn1(self.conv1(images)))
        features = self.layer4(self.layer3(self.layer2(self.layer1(features))))
        embeddings: Tensor = self.features(self.fc(self.bn2(features).flatten(1)))
        return embeddings

    def stages(self) -> list[nn.Module]:
        """See `Backbone.stages`: the stem, one for each resolution, the head."""
        stem = nn.ModuleList([self.conv1, self.bn1, self.prelu])
        head = nn.ModuleList([self.bn2, self.fc, self.features])
        return [stem, self.layer1, self.layer2, self.layer3, self.layer4, head]


def _stage(channels_in: int, channels: int, count: int) -> nn.Sequential:
    rest = (ArcFaceBlock(channels, channels, 1) for _ in range(count - 1))
    return nn.Sequential(ArcFaceBlock(channels_in, channels, 2), *rest)
