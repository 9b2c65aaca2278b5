"""Pair logistic: a learned logistic regression on how far two embeddings lie apart in each coordinate."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.pairs import all_pairs, mean_over_kinds

ONE = math.log(math.expm1(1))  # its softplus is 1
MIDDLE = 0.5  # of sqrt(D): between 0, where equal embeddings lie, and 1.13, where random ones do


class PairLogisticLoss(FaceLoss):
    """Binary cross-entropy of "these are one person, both bona fide" with the logit b - w · |f1 - f2|.

    w (all of it positive, as softplus of what is learnt) and b are learnt beside the network. Every embedding
    takes part in all pairs of its batch; the loss is the mean of `mean_over_kinds`. The published head may
    have weights of any sign. It is not kept here, and the cosine decides in its place, which a coordinate
    that tells people apart by being equal would mislead.
    Koch, Zemel, Salakhutdinov: Siamese Neural Networks for One-shot Image Recognition, ICML workshop 2015.

    Args:
        embedding_size: D, length of an embedding.
    """

    def __init__(self, embedding_size: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.full((embedding_size,), ONE))
        self.bias = nn.Parameter(torch.tensor(MIDDLE * embedding_size**0.5))

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`; `norms` play no part. Fewer than two faces have nothing to learn from."""
        pairs = all_pairs(batch)
        weighted = batch.embeddings * functional.softplus(self.weights)
        distance = torch.cdist(weighted, weighted, p=1)[pairs.first, pairs.second]
        losses = functional.binary_cross_entropy_with_logits(
            self.bias - distance, pairs.genuine.to(distance.dtype), reduction="none"
        )
        return mean_over_kinds(losses, pairs)
