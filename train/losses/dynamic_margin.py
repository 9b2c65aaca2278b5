"""Dynamic margin: binary cross-entropy on the cosines of all pairs of a batch."""

from torch import Tensor
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.pairs import all_pairs, mean_over_kinds
from train.losses.ranges import CosineMargin, Positive, ZeroOrMore


class DynamicMarginLoss(FaceLoss):
    """The dynamic margin loss of the challenge's strongest published solution.

    For a pair with cosine c and target y (1 for two bona fide photographs of one person, 0 for every other
    pair): margin m = margin + slope * (1 - c), logit = scale * (c - m * y), loss = BCE(logit, y).

    Every embedding takes part in all pairs of its batch; the loss is the mean of `mean_over_kinds`.

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
        pairs = all_pairs(batch)
        cosine = (batch.embeddings @ batch.embeddings.T)[pairs.first, pairs.second]
        losses = self.pair_losses(cosine, target=pairs.genuine.to(cosine.dtype))
        return mean_over_kinds(losses, pairs)

    def pair_losses(self, cosine: Tensor, target: Tensor) -> Tensor:
        """The loss of each pair, (P,), from cosines (P,) in [-1, 1] and targets (P,) in {0, 1}."""
        margin = self.margin + self.slope * (1 - cosine)
        logit = self.scale * (cosine - margin * target)
        return functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
