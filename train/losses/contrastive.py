"""Contrastive loss: genuine pairs are drawn together, all others pushed a margin apart."""

from torch import Tensor
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.distance import euclidean
from train.losses.pairs import all_pairs, mean_over_kinds
from train.losses.ranges import DistanceMargin


class ContrastiveLoss(FaceLoss):
    """Contrastive loss of a siamese network, d² for a genuine pair and max(0, margin - d)² for any other.

    d is the Euclidean distance of unit vectors, 0 to 2; a pair with a synthetic face is no genuine one. Every
    embedding takes part in all pairs of its batch; the loss is the mean of `mean_over_kinds`.
    Hadsell, Chopra, LeCun: Dimensionality Reduction by Learning an Invariant Mapping, CVPR 2006.

    Args:
        margin: m, above 0, at most 2.
    """

    def __init__(self, margin: DistanceMargin = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`; `norms` play no part. Fewer than two faces have nothing to learn from."""
        pairs = all_pairs(batch)
        cosine = (batch.embeddings @ batch.embeddings.T)[pairs.first, pairs.second]
        sign = 2 * pairs.genuine.to(cosine.dtype) - 1
        hinge = functional.hinge_embedding_loss(euclidean(cosine), sign, self.margin, reduction="none")
        return mean_over_kinds(hinge.square(), pairs)
