"""The convolutional block attention module, CBAM (Woo et al., ECCV 2018)."""

import torch
from torch import Tensor, nn

REDUCTION = 16
KERNEL = 7  # pixels of the map


class ChannelGate(nn.Module):
    """How much of each channel passes: sigmoid(MLP(average) + MLP(maximum)), one MLP for both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(1, channels // REDUCTION)
        self.fc1 = nn.Conv2d(channels, narrow, 1, bias=False)
        self.fc2 = nn.Conv2d(narrow, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, channels, 1, 1) in 0..1."""
        pooled = features.mean((2, 3), keepdim=True), features.amax((2, 3), keepdim=True)
        average, largest = (self.fc2(self.fc1(each).relu()) for each in pooled)
        gate: Tensor = (average + largest).sigmoid()
        return gate


class SpatialGate(nn.Module):
    """How much of each place passes: sigmoid(BN(conv7x7([average, maximum] over the channels))).

    The BN is that of the authors' code.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, KERNEL, padding=KERNEL // 2, bias=False)
        self.bn = nn.BatchNorm2d(1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, 1, H, W) in 0..1."""
        pooled = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], dim=1)
        gate: Tensor = self.bn(self.conv(pooled)).sigmoid()
        return gate


class Cbam(nn.Module):
    """A map weighed by its channels, then by its places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel_gate = ChannelGate(channels)
        self.spatial_gate = SpatialGate()

    def forward(self, features: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        features = features * self.channel_gate(features)
        weighed: Tensor = features * self.spatial_gate(features)
        return weighed
