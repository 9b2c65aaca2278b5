"""Triplet loss, with negatives of other people and of forgeries."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from common.runtime.errors import UserError
from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.distance import euclidean
from train.losses.ranges import SquaredDistanceMargin, ZeroOrMore

Mining = Literal["all", "semi-hard", "hard"]
Distance = Literal["euclidean", "squared"]
ForgeryRole = Literal["negative", "own-identity"]


class TripletLoss(FaceLoss):
    """Hinge on triplets, max(0, d(a, p) - d(a, n) + margin), with negatives of other people and with
    forgeries of the same person.

    d is the squared Euclidean distance of unit vectors, 2 - 2 * cosine, 0 to 4, or its root. Anchor a and
    positive p are two bona fide photographs of one person. The loss is the mean over triplets with n a face
    of another person, bona fide or synthetic, plus `synthetic_weight` times the mean over triplets with n a
    synthetic face of the same person. Which triplets count says `mining`:

    - "semi-hard": one of each (a, p) that has such an n. Of those farther from a than p it is the nearest;
      where none is, the farthest of all, as in TensorFlow's triplet_semihard_loss, because the nearest leads
      to collapse early on. Schroff, Kalenichenko, Philbin: FaceNet, CVPR 2015.
    - "hard": one of each a, of its farthest p and its nearest n. Hermans, Beyer, Leibe: In Defense of the
      Triplet Loss for Person Re-Identification, 2017.
    - "all": every (a, p, n).

    Args:
        margin: alpha, of distances as `distance` has them; above 0, at most 4.
        synthetic_weight: lambda, what the second mean weighs; 0 or more.
        mining: which triplets count.
        distance: "squared", or "euclidean" for its root.
        synthetic: "negative" as above. With "own-identity" the forgeries of a person are a further identity,
            which has anchors and positives as any other, and there is but the first mean.

    Raises UserError for a `synthetic_weight` beside "own-identity", which has no second mean.
    """

    def __init__(
        self,
        margin: SquaredDistanceMargin = 0.2,
        synthetic_weight: ZeroOrMore = 1.0,
        mining: Mining = "semi-hard",
        distance: Distance = "squared",
        synthetic: ForgeryRole = "negative",
    ) -> None:
        super().__init__()
        if synthetic == "own-identity" and synthetic_weight != 1:
            raise UserError(
                "the triplet loss has no use for synthetic_weight where synthetic is 'own-identity'; leave "
                "one of them out"
            )
        self.margin = margin
        self.synthetic_weight = synthetic_weight
        self.mining = mining
        self.distance = distance
        self.synthetic = synthetic

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`; `norms` play no part."""
        cosine = batch.embeddings @ batch.embeddings.T
        distance = 2 - 2 * cosine if self.distance == "squared" else euclidean(cosine)
        same = batch.identities[:, None] == batch.identities
        if self.synthetic == "own-identity":
            same = same & (batch.synthetic[:, None] == batch.synthetic)
            return self._hinge(distance, same.clone().fill_diagonal_(False), ~same)
        bona_fide = ~batch.synthetic
        positive = (same & bona_fide[:, None] & bona_fide).fill_diagonal_(False)
        strangers = self._hinge(distance, positive, ~same)
        imitations = self._hinge(distance, positive, same & batch.synthetic)
        return strangers + self.synthetic_weight * imitations

    def _hinge(self, distance: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The mean over the triplets that count; all (N, N), row = anchor."""
        if self.mining == "all":
            return _mean_of_all(distance, positive, negative, self.margin)
        counted = positive & negative.any(dim=1, keepdim=True)
        if self.mining == "hard":
            distance, nearest = _hardest(distance, positive, negative)
            counted = counted.any(dim=1, keepdim=True)
        else:
            nearest = semi_hard(distance, negative)
        losses = functional.relu(distance - nearest + self.margin)
        return torch.where(counted, losses, 0).sum() / counted.sum().clamp_min(1)


def _mean_of_all(distance: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """The mean hinge over every triplet, 0 of none; all (N, N). Each row is sorted once: no cube of N."""
    ranked = distance.masked_fill(~negative, torch.inf).sort(dim=1).values
    limit = distance + margin  # negatives nearer than that cost their distance to it
    nearer = torch.searchsorted(ranked.detach(), limit.detach())
    sums = functional.pad(ranked.masked_fill(ranked.isinf(), 0).cumsum(1), (1, 0))
    costs = torch.where(positive, nearer * limit - sums.gather(1, nearer), 0).sum()
    return costs / (positive * negative.sum(dim=1, keepdim=True)).sum().clamp_min(1)


def _hardest(distance: Tensor, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """The distances of each anchor to its farthest positive and its nearest negative, (N, 1) each."""
    farthest = distance.masked_fill(~positive, -torch.inf)
    nearest = distance.masked_fill(~negative, torch.inf)
    # a column more, for there is no extreme of an empty batch's
    return (
        functional.pad(farthest, (0, 1), value=-torch.inf).amax(dim=1, keepdim=True),
        functional.pad(nearest, (0, 1), value=torch.inf).amin(dim=1, keepdim=True),
    )


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
