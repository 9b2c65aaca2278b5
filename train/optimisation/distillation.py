"""Distillation: a term that keeps embeddings near those of the starting weights."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.encoder import Encoder
from train.losses.base import EmbeddedBatch


class Teacher(nn.Module):
    """Frozen copy of the encoder at the start of a run, for distillation on bona fide faces.

    The term is the mean of 1 - cos(embedding, starting embedding) over bona fide faces of a batch, both of
    the same varied crop: the embedding is distilled, as in learning without forgetting (Li and Hoiem, 2016).
    Synthetic faces are left out, since theirs have to move.

    Args:
        encoder: the encoder before training; it is copied.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._teacher = copy.deepcopy(encoder).eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "Teacher":
        """Eval mode, whatever is asked for."""
        return super().train(False)

    @torch.no_grad()
    def embed(self, crops: Tensor, synthetic: Tensor) -> Tensor:
        """The starting embeddings of crops (N, 3, size, size), (N, D) of unit length.

        Where `synthetic` (N,) says so they are zero, for they are left out of the term. On a CPU they are not
        computed; on CUDA they are, for batches of another size each step are tuned for anew, and the host
        waits to know it.
        """
        if crops.is_cuda:
            return self._of_whole_batch(crops, synthetic)
        embeddings = crops.new_zeros(len(crops), self._teacher.embedding_size, dtype=torch.float32)
        if not synthetic.all():
            embeddings[~synthetic] = functional.normalize(self._teacher(crops[~synthetic]), dim=1).float()
        return embeddings

    def _of_whole_batch(self, crops: Tensor, synthetic: Tensor) -> Tensor:
        embeddings = functional.normalize(self._teacher(crops), dim=1).float()
        return embeddings.masked_fill(synthetic[:, None], 0)

    def departure(self, batch: EmbeddedBatch, starting: Tensor) -> Tensor:
        """The term, a scalar in [0, 2], for the starting embeddings (N, D) of the batch."""
        distance = 1 - (batch.embeddings * starting).sum(1)
        bona_fide = (~batch.synthetic).to(distance.dtype)
        return (distance * bona_fide).sum() / bona_fide.sum().clamp(min=1)
