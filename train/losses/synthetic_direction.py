"""Logistic regression of synthetic against bona fide faces, on the embedding."""

from torch import Tensor, nn
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss

SCALE = 8.0  # embeddings have unit length; without it the logits could hardly leave zero


class SyntheticDirectionLoss(FaceLoss):
    """Binary cross-entropy of "is this face synthetic", from the embedding alone.

    Pairs teach the traces of forgery slowly, for a pair that was taken for genuine says only that one of its
    two faces is wrong. This term names the face. It is an aid of training: nothing of it is kept, and the
    cosine of two embeddings decides alone.

    Args:
        embedding_size: length of an embedding.
    """

    def __init__(self, embedding_size: int) -> None:
        super().__init__()
        self.direction = nn.Linear(embedding_size, 1)

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`; `identities` and `norms` play no part."""
        logits = self.direction(batch.embeddings * SCALE)[:, 0]
        losses = functional.binary_cross_entropy_with_logits(
            logits, batch.synthetic.to(logits.dtype), reduction="none"
        )
        return losses.sum() / max(len(losses), 1)
