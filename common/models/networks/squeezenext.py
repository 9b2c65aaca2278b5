"""SqueezeNeXt (Gholami et al., "SqueezeNext: Hardware-Aware Neural Network Design", CVPR workshops 2018).

The sizes are those of a published comparison of networks on synthetic faces, written W-SqNxt-D: W times the
width, D - 2 units.
"""

from torch import Tensor, nn

from common.models.backbones.initialise import initialise
from common.models.networks.network import ClassifierNetwork

STEM, STAGES, LAST = 64, (32, 64, 128, 256), 128  # channels at width 1


class Unit(nn.Module):
    """Two squeezing 1x1 convolutions, 1x3, 3x1, and an expanding 1x1, added to the shortcut.

    Each has BN and ReLU behind it; so has the shortcut's 1x1, which is there where resolution or width fall.
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        reduction = 1 if stride == 2 else 4 if channels_in > channels else 2
        middle, narrow = channels_in // reduction, channels_in // (2 * reduction)
        self.residual = nn.Sequential(
            _conv(channels_in, middle, 1, stride),
            _conv(middle, narrow, 1),
            _conv(narrow, middle, (1, 3)),
            _conv(middle, middle, (3, 1)),
            _conv(middle, channels, 1),
        )
        self.shortcut: nn.Module = nn.Identity()
        if reduction != 2:
            self.shortcut = _conv(channels_in, channels, 1, stride)

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels_in, H, W) to (N, channels, H/stride, W/stride)."""
        summed: Tensor = (self.residual(features) + self.shortcut(features)).relu()
        return summed


class SqueezeNeXt(ClassifierNetwork):
    """SqueezeNeXt with one logit.

    Args:
        size: pixels of a crop's side; any, 256 as published.
        dropout: of the features before the last layer; 0 as published.
        in_channels: of the images; 3 as published.
        units: in each of the four stages; the first of the last three halves the resolution.
        width: factor of all widths.
    """

    def __init__(
        self,
        size: int,
        dropout: float,
        in_channels: int = 3,
        *,
        units: tuple[int, int, int, int],
        width: float,
    ) -> None:
        super().__init__()
        stem, last = int(STEM * width), int(LAST * width)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, stem, 5, 2),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.body = nn.Sequential()
        channels_in = stem
        for stage, count in enumerate(units):
            channels = int(STAGES[stage] * width)
            layers = nn.Sequential()
            for position in range(count):
                layers.append(Unit(channels_in, channels, 2 if stage and not position else 1))
                channels_in = channels
            self.body.append(layers)
        initialise(self)
        self.last = nn.Conv2d(channels_in, last, 1)  # as torch draws it: no BN behind it takes its scale away
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(last, 1)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        features = self.last(self.body(self.stem(images)))
        logits: Tensor = self.head(self.dropout(features.mean((2, 3))))
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: the stem, each stage that has units, the head."""
        stages = [stage for stage in self.body if list(stage.parameters())]
        return [self.stem, *stages, nn.ModuleList([self.last, self.head])]

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`."""
        return self.body


def _conv(channels_in: int, channels: int, kernel: int | tuple[int, int], stride: int = 1) -> nn.Sequential:
    padding = 0 if isinstance(kernel, int) else (kernel[0] // 2, kernel[1] // 2)
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )
