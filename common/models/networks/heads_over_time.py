"""Heads over the frames of a track: features of each frame to a logit of each, in the light of the others."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.temporal_names import Temporal

WIDTH = 256  # of what a step knows: of a recurrent head a half in each direction
ATTENTION_HEADS = 4
CHANGE = 3.0  # times how much a step differs from the one before, which is little beside the features
FASTEST, SLOWEST = math.pi, math.pi / 256  # turns of the waves of `Attention` in a step, in radians


class Recurrent(nn.Module):
    """A layer of GRU (Cho et al., EMNLP 2014) or LSTM (Hochreiter and Schmidhuber, 1997), in both directions.

    The direction back in time begins at the last step that is there, as a packed sequence would: what fills a
    sequence up is never seen.
    """

    def __init__(self, features: int, kind: type[nn.GRU] | type[nn.LSTM]) -> None:
        super().__init__()
        self.onward = kind(features, WIDTH // 2, batch_first=True)
        self.back = kind(features, WIDTH // 2, batch_first=True)

    def forward(self, features: Tensor, seen: Tensor) -> Tensor:
        """(B, T, F) and (B, T) bool, each sequence without gaps from its first step on, to (B, T, WIDTH)."""
        steps = torch.arange(features.shape[1], device=features.device)
        last_first = (seen.sum(1, keepdim=True) - 1 - steps).clamp(min=0)
        onward, _ = self.onward(features)
        back, _ = self.back(_taken(features, last_first))
        return torch.cat([onward, _taken(back, last_first)], dim=2)


class Attention(nn.Module):
    """A block of self-attention (Vaswani et al., NIPS 2017), steps told apart by waves of their number."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(features, WIDTH)
        self.block = nn.TransformerEncoderLayer(
            WIDTH, ATTENTION_HEADS, 2 * WIDTH, dropout=0.0, batch_first=True, norm_first=True
        )

    def forward(self, features: Tensor, seen: Tensor) -> Tensor:
        """See `Recurrent.forward`."""
        steps = torch.arange(features.shape[1], device=features.device, dtype=torch.float32)
        speed = torch.logspace(math.log(FASTEST), math.log(SLOWEST), WIDTH // 2, math.e, device=steps.device)
        angles = steps[:, None] * speed
        places = torch.cat([angles.sin(), angles.cos()], dim=1)
        mixed: Tensor = self.block(self.narrow(features) + places, src_key_padding_mask=~seen)
        return mixed


class HeadOverTime(nn.Module):
    """LayerNorm, the steps in the light of each other, dropout, and a linear layer.

    Beside its features a step has how much each differs from the step before, whichever way, 0 at the first:
    what flickers is then found of a few clips, where it would take many to learn to subtract, and that the
    direction says nothing.

    Args:
        features: of a step.
        kind: one that is learnt.
        dropout: share of what a step knows that is dropped in training.
    """

    def __init__(self, features: int, kind: Temporal, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.mix: nn.Module
        if kind is Temporal.ATTENTION:
            self.mix = Attention(2 * features)
        else:
            self.mix = Recurrent(2 * features, {Temporal.GRU: nn.GRU, Temporal.LSTM: nn.LSTM}[kind])
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(WIDTH, 1)

    def forward(self, features: Tensor, seen: Tensor) -> Tensor:
        """(B, T, F) and which steps are there, (B, T) bool, to the logit of each (B, T), 0 of the others.

        That of a sequence is the mean over the steps that are there: what fills it up changes no bit.
        """
        known = self.norm(features.float())
        change = CHANGE * functional.pad((known[:, 1:] - known[:, :-1]).abs(), (0, 0, 1, 0))
        mixed = self.mix(torch.cat([known, change], dim=2), seen)
        logits: Tensor = self.last(self.dropout(mixed))[..., 0].float()
        return torch.where(seen, logits, 0.0)


def _taken(steps: Tensor, order: Tensor) -> Tensor:
    """(B, T, C) with the steps of each sequence in an order (B, T)."""
    return steps.gather(1, order[..., None].expand(-1, -1, steps.shape[2]))
