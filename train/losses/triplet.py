"""Triplet loss with semi-hard negatives, of other people and of forgeries."""

import torch
from torch import Tensor
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.ranges import SquaredDistanceMargin, ZeroOrMore


class TripletLoss(FaceLoss):
    """Hinge on triplets, max(0, d(a, p) - d(a, n) + margin), with negatives of other people and with
    forgeries of the same person.

    d is the squared Euclidean distance of unit vectors, 2 - 2 * cosine, 0 to 4. Anchor a and positive p are
    two bona fide photographs of one person. The loss is the mean over all such (a, p), with n a face of
    another person, bona fide or synthetic, plus `synthetic_weight` times the mean over all such (a, p), with
    n a synthetic face of the same person. (a, p) without any such n does not count.

    For each (a, p) the semi-hard n is taken: of those farther from a than p the nearest; where none is, the
    farthest of all, as in TensorFlow's triplet_semihard_loss, because the nearest leads to collapse early on.
    Schroff, Kalenichenko, Philbin: FaceNet: A Unified Embedding for Face Recognition and Clustering,
    CVPR 2015.

    Args:
        margin: alpha, of squared distances; above 0, at most 4.
        synthetic_weight: lambda, what the second mean weighs; 0 or more.
    """

    def __init__(self, margin: SquaredDistanceMargin = 0.2, synthetic_weight: ZeroOrMore = 1.0) -> None:
        super().__init__()
        self.margin = margin
        self.synthetic_weight = synthetic_weight

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`; `norms` play no part."""
        distance = 2 - 2 * batch.embeddings @ batch.embeddings.T
        same = batch.identities[:, None] == batch.identities
        bona_fide = ~batch.synthetic
        positive = (same & bona_fide[:, None] & bona_fide).fill_diagonal_(False)
        strangers = self._hinge(distance, positive, ~same)
        imitations = self._hinge(distance, positive, same & batch.synthetic)
        return strangers + self.synthetic_weight * imitations

    def _hinge(self, distance: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The mean over the pairs of `positive` that have a negative; all (N, N), row = anchor."""
        losses = functional.relu(distance - semi_hard(distance, negative) + self.margin)
        counted = positive & negative.any(dim=1, keepdim=True)
        return torch.where(counted, losses, 0).sum() / counted.sum().clamp_min(1)


def semi_hard(distance: Tensor, negative: Tensor) -> Tensor:
    """The distance from each anchor to the semi-hard negative for each positive.

    Args:
        distance: (N, N), row = anchor, column = the face as a positive.
        negative: (N, N) bool, the columns that are negatives of the row's anchor.

    Returns (N, N): the least of the row's negative distances above `distance`, else the largest; infinite in
    a row without negatives. Each row is sorted once and searched, so memory is a few (N, N), no cube of N.
    """
    ranked = distance.masked_fill(~negative, torch.inf).sort(dim=1, stable=True).values
    farther = torch.searchsorted(ranked.detach(), distance.detach(), right=True)
    farthest = negative.sum(dim=1, keepdim=True) - 1
    return ranked.gather(1, torch.minimum(farther, farthest).clamp_min(0))
