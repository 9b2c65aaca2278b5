"""Identification among the crops of a validation: each is searched among all others that are bona fide."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.metrics.identification import DEPTH, Identification, evaluate_identification

MOST_SIMILARITIES = 1 << 24  # held at once: 64 MB


def identify(
    embeddings: Tensor, identities: NDArray[np.int64], synthetic: NDArray[np.bool_]
) -> tuple[Identification, Identification]:
    """CMC and MAP of bona fide crops, leave-one-out, and of synthetic ones, both among the bona fide crops.

    A synthetic crop has the person that it imitates as its identity, so that its figures tell how often a
    forgery leads to its victim. Of equal similarities mates stand last: embeddings that are all alike find
    nobody.

    Args:
        embeddings: (N, D) float32 of unit length.
        identities: (N,) and synthetic: (N,), of the same crops.
    """
    bona_fide = np.flatnonzero(~synthetic)
    return (
        _search(embeddings, identities, bona_fide, bona_fide),
        _search(embeddings, identities, np.flatnonzero(synthetic), bona_fide),
    )


def _search(
    embeddings: Tensor, identities: NDArray[np.int64], probes: NDArray[np.intp], gallery: NDArray[np.intp]
) -> Identification:
    """Each of the rows `probes` among the rows `gallery`, never among itself."""
    device, depth = embeddings.device, min(DEPTH, len(gallery))
    person, rows = torch.from_numpy(identities).to(device), torch.from_numpy(gallery).to(device)
    hits, mates = np.zeros((len(probes), depth), np.bool_), np.zeros(len(probes), np.int64)
    at_once = max(1, MOST_SIMILARITIES // max(1, len(gallery)))
    for start in range(0, len(probes), at_once):
        chunk = torch.from_numpy(probes[start : start + at_once]).to(device)
        similarity = embeddings[chunk] @ embeddings[rows].T
        itself = chunk[:, None] == rows
        is_mate = (person[chunk][:, None] == person[rows]) & ~itself
        behind = torch.nextafter(similarity, similarity.new_tensor(-torch.inf))
        ranked = torch.where(is_mate, behind, similarity).masked_fill_(itself, -torch.inf)
        nearest = ranked.topk(depth, dim=1).indices
        hits[start : start + at_once] = is_mate.gather(1, nearest).cpu().numpy()
        mates[start : start + at_once] = is_mate.sum(dim=1).cpu().numpy()
    return evaluate_identification(hits, mates, identities[probes])
