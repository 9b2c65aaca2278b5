"""Base class of margin softmax losses: a learned centre for every identity."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss

INITIAL_DEVIATION = 0.01  # of a centre's coordinates; only their direction matters

SyntheticRole = Literal["negative", "class"]


class ClassCentreLoss(FaceLoss):
    """Softmax cross-entropy over the cosines to learned class centres, with a margin at the target.

    For a face of class y and cosines c_j to the centres: logit_j = scale * c_j for j != y, and
    logit_y = scale * with_margin(c_y). Centres have no fixed length and are normalised at use. The loss is
    the mean over the faces of the batch.

    Synthetic faces take part in one of two ways:

    - "negative": they have no class. A synthetic face that shows identity y costs softplus(scale * c_y), the
      cross-entropy of the decision "this is y" with the target no. It pushes face and centre apart until they
      are orthogonal and a little more, which is what `DynamicMarginLoss` asks of a pair of the two.
    - "class": all of them, whomever they show, are one more class with a centre of its own. They gather
      there, so two synthetic faces compare as alike unless a loss of pairs is added.

    Args:
        embedding_size: D, length of an embedding.
        identities: C, number of training identities.
        scale: s, the steepness of the decision; above 0.
        synthetic: what synthetic faces are, "negative" or "class".

    Attributes:
        centres: (C, D) float32, with one more row at the end for the synthetic faces where they are a class.
            Drawn from torch's global generator.
    """

    def __init__(self, embedding_size: int, identities: int, scale: float, synthetic: SyntheticRole) -> None:
        super().__init__()
        self.scale = scale
        self.synthetic_class = identities if synthetic == "class" else None
        classes = identities if self.synthetic_class is None else identities + 1
        self.centres = nn.Parameter(INITIAL_DEVIATION * torch.randn(classes, embedding_size))

    def with_margin(self, cosine: Tensor, norms: Tensor) -> Tensor:
        """The cosines (N,) of faces to their own centres, made harder; `norms` (N,) as in `EmbeddedBatch`."""
        raise NotImplementedError

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`."""
        cosine = functional.linear(batch.embeddings, functional.normalize(self.centres))  # (N, classes)
        if self.synthetic_class is not None:
            targets = batch.identities.masked_fill(batch.synthetic, self.synthetic_class)
            losses = self._classification(cosine, targets, batch.norms)
        else:
            shown = cosine.gather(1, batch.identities[:, None])[:, 0]
            losses = torch.where(
                batch.synthetic,
                functional.softplus(self.scale * shown),
                self._classification(cosine, batch.identities, batch.norms),
            )
        return losses.sum() / max(len(losses), 1)

    def _classification(self, cosine: Tensor, targets: Tensor, norms: Tensor) -> Tensor:
        hardened = self.with_margin(cosine.gather(1, targets[:, None])[:, 0], norms)
        logits = (self.scale * cosine).scatter_(1, targets[:, None], self.scale * hardened[:, None])
        return functional.cross_entropy(logits, targets, reduction="none")
