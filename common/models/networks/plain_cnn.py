"""A plain convolutional network: four blocks of convolution and pooling, and two linear layers."""

from torch import Tensor, nn

from common.models.networks.network import ClassifierNetwork

WIDTHS = (32, 64, 128, 256)
HIDDEN = 128


class PlainCnn(ClassifierNetwork):
    """Plain CNN of 0.42 million weights: each block halves the map, and the last one is averaged.

    Of six channels it is the network of pairs that two crops go into on top of each other, after the
    "2-channel" network of Zagoruyko and Komodakis: Learning to Compare Image Patches via Convolutional Neural
    Networks, CVPR 2015.

    Args:
        size: pixels of a crop's side, 16 or more; it takes any.
        dropout: of the averaged features.
        in_channels: of the images.
    """

    def __init__(self, size: int, dropout: float, in_channels: int = 3) -> None:
        super().__init__()
        inputs = (in_channels, *WIDTHS[:-1])
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(channels, width, 3, padding=1, bias=False),
                    nn.BatchNorm2d(width),
                    nn.ReLU(inplace=True),
                    nn.MaxPool2d(2),
                )
                for channels, width in zip(inputs, WIDTHS, strict=True)
            )
        )
        self.hidden = nn.Sequential(nn.Dropout(dropout), nn.Linear(WIDTHS[-1], HIDDEN), nn.ReLU(inplace=True))
        self.head = nn.Linear(HIDDEN, 1)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        logits: Tensor = self.head(self.hidden(self.blocks(images).mean((2, 3))))
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: the blocks, the linear layers."""
        return [*self.blocks, nn.ModuleList([self.hidden, self.head])]

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`."""
        return self.blocks
