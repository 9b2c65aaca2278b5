"""Dropout that does not depend on the number of processes."""

import torch
from torch import Tensor, nn


class GlobalDropout(nn.Module):
    """Dropout whose noise is drawn for the global batch, of which each process takes its part.

    The global random state must be the same in all processes.

    Args:
        share: of the values that become zero, in [0, 1).
        rank: number of this process.
        processes: how many there are.
    """

    def __init__(self, share: float, rank: int, processes: int) -> None:
        super().__init__()
        self.share = share
        self._rank = rank
        self._processes = processes

    def forward(self, features: Tensor) -> Tensor:
        """(N, ...) to (N, ...); in training those that are kept grow by 1 / (1 - share)."""
        if not self.training:
            return features
        count = len(features)
        noise = torch.rand(count * self._processes, *features.shape[1:], device=features.device)
        kept = noise[self._rank * count : (self._rank + 1) * count] >= self.share
        return features * kept / (1 - self.share)
