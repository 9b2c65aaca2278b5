"""A weighted sum of losses."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from train.losses.base import EmbeddedBatch, FaceLoss


class WeightedSum(FaceLoss):
    """The sum of `weight * loss(batch)` over its parts."""

    def __init__(self, parts: Sequence[tuple[float, FaceLoss]]) -> None:
        super().__init__()
        self.weights = [weight for weight, _ in parts]
        self.losses = nn.ModuleList(loss for _, loss in parts)

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`."""
        terms = [weight * loss(batch) for weight, loss in zip(self.weights, self.losses, strict=True)]
        return torch.stack(terms).sum()
