"""Base class of losses, and the batch that they take."""

from typing import NamedTuple

from torch import Tensor, nn


class EmbeddedBatch(NamedTuple):
    """The embeddings of a batch of faces with their labels; N rows."""

    embeddings: Tensor  # (N, D) float32 of unit length
    norms: Tensor  # (N,) float32, the length before normalisation: some losses read quality from it
    identities: Tensor  # (N,) int64, 0 to the number of training identities - 1
    synthetic: Tensor  # (N,) bool, true for a synthetic face


class FaceLoss(nn.Module):
    """Base class of losses over one batch of faces.

    It depends on the batch and its own state alone: nothing is drawn at random, and the order of the faces
    plays no part.
    A batch that holds nothing to learn from, an empty one included, has the loss 0 with a zero gradient.
    """

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """The loss of a batch: a finite scalar with gradient. To be called with autocast off."""
        raise NotImplementedError
