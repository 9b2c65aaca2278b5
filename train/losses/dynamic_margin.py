"""Dynamic margin: binary cross-entropy on the cosines of all pairs of a batch."""

import torch
from torch import Tensor
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.ranges import CosineMargin, Positive, ZeroOrMore


class DynamicMarginLoss(FaceLoss):
    """The dynamic margin loss of the challenge's strongest published solution.

    For a pair with cosine c and target y (1 for two bona fide photographs of one person, 0 for every other
    pair): margin m = margin + slope * (1 - c), logit = scale * (c - m * y), loss = BCE(logit, y).

    Every embedding takes part in all pairs of its batch. The pairs fall into three categories: two bona fide
    photographs of one person; one person with at least one synthetic photograph; different people, synthetic
    or not. The loss is the mean over the categories present of the mean over their pairs, so that the many
    easy pairs of strangers do not drown the few that matter. In the same way the synthetic category weighs
    pairs of one and of two synthetic photographs alike: the latter are few, and hard, for what gives two
    forgeries away also makes them look alike.

    Args:
        margin: m0, the margin at c = 1; 0 to 2.
        slope: a, how much it grows per unit of cosine distance; 0 or more.
        scale: s, the steepness of the decision; above 0.
    """

    def __init__(self, margin: CosineMargin = 0.35, slope: ZeroOrMore = 0.1, scale: Positive = 64.0) -> None:
        super().__init__()
        self.margin = margin
        self.slope = slope
        self.scale = scale

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`; `norms` play no part. Fewer than two faces have nothing to learn from."""
        embeddings, _, identities, synthetic = batch
        first, second = torch.triu_indices(
            len(embeddings), len(embeddings), offset=1, device=embeddings.device
        )
        cosine = (embeddings @ embeddings.T)[first, second]
        same_identity = identities[first] == identities[second]
        forged = synthetic[first].int() + synthetic[second].int()
        genuine, one_forged, both_forged = (same_identity & (forged == count) for count in range(3))
        losses = self.pair_losses(cosine, target=genuine.to(cosine.dtype))
        imitations = _mean_of_present([_mean_where(losses, pairs) for pairs in (one_forged, both_forged)])
        return _mean_of_present(
            [_mean_where(losses, genuine), _mean_where(losses, ~same_identity), imitations]
        )[0]

    def pair_losses(self, cosine: Tensor, target: Tensor) -> Tensor:
        """The loss of each pair, (P,), from cosines (P,) in [-1, 1] and targets (P,) in {0, 1}."""
        margin = self.margin + self.slope * (1 - cosine)
        logit = self.scale * (cosine - margin * target)
        return functional.binary_cross_entropy_with_logits(logit, target, reduction="none")


# a mean, 0 of nothing, and whether it is of anything: a host that selects instead waits for the GPU
_Mean = tuple[Tensor, Tensor]


def _mean_where(losses: Tensor, chosen: Tensor) -> _Mean:
    """Of the losses (P,) that are `chosen` (P,)."""
    count = chosen.sum()
    return torch.where(chosen, losses, 0).sum() / count.clamp_min(1), count > 0


def _mean_of_present(means: list[_Mean]) -> _Mean:
    """Of the means of which there is any."""
    values, present = (torch.stack(column) for column in zip(*means, strict=True))
    return _mean_where(values, present)
