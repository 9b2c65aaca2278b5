"""The network of the aligner: RetinaFace as biubug6 has it, and the aggregator behind it.

Names of parameters are those of the published files, behind `net.`.
"""

import torch
from timm.models.mlp_mixer import MixerBlock
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu
from torchvision.models import resnet50
from torchvision.models._utils import IntermediateLayerGetter

from align.detectors.retinaface import CENTRE_VARIANCE, SIZE_VARIANCE, STRIDES

SIDE = 160  # pixels of the square that it sees
ANCHOR_SIZES = ((64, 80), (96, 112), (128, 144))  # pixels of that, two per stride
OUTPUTS = 16  # of an anchor: box, two class logits, landmarks
ANCHORS = sum(len(sizes) * (SIDE // stride) ** 2 for sizes, stride in zip(ANCHOR_SIZES, STRIDES, strict=True))
MOBILENET, RESNET = "mobile0.25", "resnet50"  # as the published configurations call them
# layers whose features are taken, their channels, and those of the pyramid
_BODIES = {
    MOBILENET: (("stage1", "stage2", "stage3"), (64, 128, 256), 64),
    RESNET: (("layer2", "layer3", "layer4"), (512, 1024, 2048), 256),
}


class AlignerNetwork(nn.Module):
    """From (N, 3, 160, 160) BGR in [-1, 1] to one face each.

    Args:
        body: `MOBILENET` (486,775 parameters) or `RESNET` (27,353,767).
    """

    def __init__(self, body: str) -> None:
        super().__init__()
        layers, channels, width = _BODIES[body]
        trunk = resnet50(weights=None) if body == RESNET else _mobilenet()
        self.body = IntermediateLayerGetter(trunk, {layer: layer for layer in layers})
        self.fpn = _Pyramid(channels, width)
        self.ssh1, self.ssh2, self.ssh3 = (_Context(width) for _ in STRIDES)
        self.ClassHead, self.BboxHead, self.LandmarkHead = (
            nn.ModuleList(_Head(width, outputs) for _ in STRIDES) for outputs in (2, 4, 10)
        )
        blocks = (MixerBlock(OUTPUTS, ANCHORS) for _ in range(3))
        self.aggregator = nn.Sequential(*blocks, nn.Linear(OUTPUTS, 1))
        self.register_buffer("anchors", anchors(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 16): box x1, y1, x2, y2, two class logits, five landmarks x, y; all but these in [0, 1]."""
        levels = self.fpn(list(self.body(images).values()))
        levels = [ssh(level) for ssh, level in zip((self.ssh1, self.ssh2, self.ssh3), levels, strict=True)]
        boxes, logits, landmarks = (
            torch.cat([head(level) for head, level in zip(heads, levels, strict=True)], 1)
            for heads in (self.BboxHead, self.ClassHead, self.LandmarkHead)
        )
        return self.aggregated(decoded(self.anchors, boxes, logits, landmarks))  # type: ignore[arg-type]

    def aggregated(self, candidates: Tensor) -> Tensor:
        """The mean of what all anchors say, (N, 1050, 16), by the weight that the aggregator gives each."""
        weights: Tensor = self.aggregator(candidates).softmax(1)
        return (weights * candidates).sum(1)


def anchors() -> Tensor:
    """The anchors, (1050, 4) centre x, centre y, width, height in parts of the square."""
    levels = []
    for stride, sizes in zip(STRIDES, ANCHOR_SIZES, strict=True):
        places = (torch.arange(SIDE // stride) + 0.5) * stride
        y, x, size = torch.meshgrid(places, places, torch.tensor(sizes, dtype=torch.float32), indexing="ij")
        levels.append(torch.stack([x, y, size, size], -1).reshape(-1, 4))
    return torch.cat(levels) / SIDE


def decoded(prior: Tensor, boxes: Tensor, logits: Tensor, landmarks: Tensor) -> Tensor:
    """What each anchor says, (N, A, 16), from offsets (N, A, 4) and (N, A, 10) and logits (N, A, 2)."""
    centre, size = prior[:, :2], prior[:, 2:]
    middle = centre + boxes[..., :2] * CENTRE_VARIANCE * size
    half = size * (boxes[..., 2:] * SIZE_VARIANCE).exp() / 2
    points = centre.repeat(1, 5) + landmarks * CENTRE_VARIANCE * size.repeat(1, 5)
    return torch.cat([middle - half, middle + half, logits, points], -1)


class _Head(nn.Module):
    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.conv1x1 = nn.Conv2d(width, 2 * outputs, 1)
        self._outputs = outputs

    def forward(self, features: Tensor) -> Tensor:
        """(N, anchors, outputs)."""
        values: Tensor = self.conv1x1(features)
        return values.permute(0, 2, 3, 1).reshape(len(values), -1, self._outputs)


class _Pyramid(nn.Module):
    """The feature pyramid, coarse added to fine."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        slope = _slope(width)
        self.output1, self.output2, self.output3 = (_layer(count, width, slope, side=1) for count in channels)
        self.merge1, self.merge2 = (_layer(width, width, slope) for _ in range(2))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """The three levels, fine first."""
        fine, middle, coarse = (
            output(level)
            for output, level in zip((self.output1, self.output2, self.output3), features, strict=True)
        )
        middle = self.merge2(middle + interpolate(coarse, size=middle.shape[2:]))
        return [self.merge1(fine + interpolate(middle, size=fine.shape[2:])), middle, coarse]


class _Context(nn.Module):
    """The context module of SSH (Najibi et al., ICCV 2017): fields of three, five and seven pixels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half, quarter, slope = width // 2, width // 4, _slope(width)
        self.conv3X3 = _layer(width, half)
        self.conv5X5_1, self.conv5X5_2 = _layer(width, quarter, slope), _layer(quarter, quarter)
        self.conv7X7_2, self.conv7x7_3 = _layer(quarter, quarter, slope), _layer(quarter, quarter)

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        shared = self.conv5X5_1(features)
        fields = [self.conv3X3(features), self.conv5X5_2(shared), self.conv7x7_3(self.conv7X7_2(shared))]
        return relu(torch.cat(fields, 1))


def _slope(width: int) -> float:
    """Of the leaky ReLU for what is negative: narrow networks have one."""
    return 0.1 if width <= 64 else 0.0


def _layer(
    before: int, after: int, slope: float | None = None, stride: int = 1, side: int = 3
) -> nn.Sequential:
    """Convolution and batch norm, and a leaky ReLU where a slope is given."""
    layers: list[nn.Module] = [
        nn.Conv2d(before, after, side, stride, side // 2, bias=False),
        nn.BatchNorm2d(after),
    ]
    return nn.Sequential(*layers, *([] if slope is None else [nn.LeakyReLU(slope)]))


def _separable(before: int, after: int, stride: int = 1) -> nn.Sequential:
    depthwise = nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False)
    first = depthwise, nn.BatchNorm2d(before), nn.LeakyReLU(0.1)
    return nn.Sequential(*first, *_layer(before, after, 0.1, side=1))


def _mobilenet() -> nn.Module:
    """MobileNet v1 with a quarter of the channels (Howard et al., 2017), without its classifier."""
    stages = {
        "stage1": [
            _layer(3, 8, 0.1, stride=2),
            _separable(8, 16),
            _separable(16, 32, 2),
            _separable(32, 32),
            _separable(32, 64, 2),
            _separable(64, 64),
        ],
        "stage2": [_separable(64, 128, 2), *(_separable(128, 128) for _ in range(5))],
        "stage3": [_separable(128, 256, 2), _separable(256, 256)],
    }
    body = nn.Module()
    for name, layers in stages.items():
        body.add_module(name, nn.Sequential(*layers))
    return body
