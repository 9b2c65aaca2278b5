"""Validation of an encoder on pairs."""

from dataclasses import replace

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport, equal_error_rate, evaluate_pairs, with_intervals
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from train.data.dataset import FaceCrops
from train.data.validation_pairs import ValidationPairs
from train.distributed.shares import computed_in_shares
from train.tasks.base import evaluating
from train.tasks.verification.identify import identify

EMBED_BATCH = 128
PAIRS_AT_ONCE = 1 << 16  # whose embeddings are held side by side: 256 MB at 512 numbers each
MOST_SIMILARITIES = 1 << 24  # held at once in the search for the hardest impostors: 64 MB


def validate(
    encoder: Encoder, dataset: FaceCrops, pairs: ValidationPairs, fabric: Fabric
) -> VerificationReport:
    """Embed every crop of the pairs once and score all pairs; every process gets the same report.

    Each of the processes embeds its share, in float32 whatever the precision of the run: `infer` does so, and
    the threshold that is found here holds there. Every module of the encoder stays in train or eval mode. The
    report has intervals, resampled by identity, and `hard_eer`: the genuine pairs against the worst case that
    these embeddings know, each bona fide crop's most similar bona fide crop of another identity and its most
    similar synthetic crop of the same one, among the crops of the pairs. These are also searched for and
    among for the figures of identification.

    Args:
        encoder: on the device of `fabric`, not wrapped by it.

    Raises UserError, in all processes, when an embedding is not finite.
    """
    embeddings = _embed_shared(encoder, dataset, np.unique(pairs.rows), fabric)
    if not torch.isfinite(embeddings).all():
        raise UserError("the embeddings are no longer finite: training diverged; lower --lr")
    # one process decides, for the others may round otherwise and would then train on differently
    report = _report(embeddings, dataset, pairs) if fabric.global_rank == 0 else None
    shared = fabric.broadcast(report)
    assert shared is not None
    return shared


def _report(embeddings: Tensor, dataset: FaceCrops, pairs: ValidationPairs) -> VerificationReport:
    """What (N, D) embeddings of the distinct crops of the pairs, by rising row, say of all pairs."""
    rows, position = np.unique(pairs.rows, return_inverse=True)
    scores = _similarities(embeddings, position.reshape(pairs.rows.shape))
    impostors = _hardest_impostors(embeddings, dataset.identities[rows], dataset.synthetic[rows])
    genuine = scores[pairs.categories == PairCategory.SAME_PERSON.code]
    identified, of_synthetic = identify(embeddings, dataset.identities[rows], dataset.synthetic[rows])
    report = replace(
        evaluate_pairs(pairs.categories, scores),
        hard_eer=_hard_eer(genuine, impostors),
        identification=identified,
        identification_of_synthetic=of_synthetic,
    )
    return with_intervals(report, pairs.categories, scores, dataset.identities[pairs.rows])


def _embed_shared(encoder: Encoder, dataset: FaceCrops, rows: NDArray[np.int64], fabric: Fabric) -> Tensor:
    """The embeddings of all `rows`, (N, D) float32 of unit length; each process makes a share of them."""
    with evaluating(encoder):
        return computed_in_shares(
            rows,
            lambda part: encoder.embed(dataset[part].crops.to(fabric.device)),
            (encoder.embedding_size,),
            EMBED_BATCH,
            fabric,
        )


def _similarities(embeddings: Tensor, pairs: NDArray[np.intp]) -> NDArray[np.float32]:
    """The cosine similarity of each pair (P, 2) of positions, (P,)."""
    parts = [
        (embeddings[first] * embeddings[second]).sum(dim=1).cpu()
        for first, second in (
            part.T for part in torch.split(torch.from_numpy(pairs).to(embeddings.device), PAIRS_AT_ONCE)
        )
    ]
    return torch.cat(parts).numpy()


def _hardest_impostors(
    embeddings: Tensor, identities: NDArray[np.int64], synthetic: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Similarity of each bona fide crop to its nearest impostor of either kind, as far as it has one.

    Args:
        embeddings: (N, D) float32 of unit length.
        identities: (N,) and synthetic: (N,), of the same crops.
    """
    person = torch.from_numpy(identities).to(embeddings.device)
    bona_fide = torch.from_numpy(np.flatnonzero(~synthetic)).to(embeddings.device)
    forged = torch.from_numpy(np.flatnonzero(synthetic)).to(embeddings.device)
    found = []
    for chunk in torch.split(bona_fide, max(1, MOST_SIMILARITIES // len(embeddings))):
        for others, same in ((bona_fide, False), (forged, True)):
            if len(others):
                similarity = embeddings[chunk] @ embeddings[others].T
                is_impostor = (person[chunk][:, None] == person[others]) == same
                nearest = similarity.masked_fill_(~is_impostor, -torch.inf).amax(dim=1)
                found.append(nearest[nearest > -torch.inf].cpu().numpy())
    return np.concatenate(found) if found else np.empty(0, np.float32)


def _hard_eer(genuine: NDArray[np.float32], impostors: NDArray[np.float32]) -> float:
    """NaN without genuine pairs or without impostors."""
    labels = np.repeat([True, False], [len(genuine), len(impostors)])
    return equal_error_rate(labels, np.concatenate([genuine, impostors])).eer
