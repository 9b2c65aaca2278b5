"""Identification among the crops of a validation: each is searched among all others that are bona fide."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.metrics.identification import DEPTH, Identification, evaluate_identification

MOST_SIMILARITIES = 1 << 22  # held at once: 16 MB, and the places of mates among them


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
    enrolled, depth = embeddings[torch.from_numpy(gallery)], min(DEPTH, len(gallery))
    hits, mates = np.zeros((len(probes), depth), np.bool_), np.zeros(len(probes), np.int64)
    at_once = max(1, MOST_SIMILARITIES // max(1, len(gallery)))
    for start in range(0, len(probes), at_once):
        part = slice(start, start + at_once)
        similarity = embeddings[torch.from_numpy(probes[part])] @ enrolled.T
        row, column = _of_same_person(identities[probes[part]], identities[gallery])
        itself = probes[part][row] == gallery[column]
        of_mates = tuple(torch.from_numpy(index).to(embeddings.device) for index in (row, column))
        similarity[of_mates] = torch.nextafter(similarity[of_mates], similarity.new_tensor(-torch.inf))
        similarity[tuple(index[torch.from_numpy(itself)] for index in of_mates)] = -torch.inf
        nearest = gallery[similarity.topk(depth, dim=1).indices.cpu().numpy()]
        own = probes[part][:, None]
        hits[part] = (identities[nearest] == identities[own]) & (nearest != own)
        mates[part] = np.bincount(row[~itself], minlength=len(own))
    return evaluate_identification(hits, mates, identities[probes])


def _of_same_person(
    probes: NDArray[np.int64], gallery: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of all the places where the identity of a probe is that of the gallery."""
    order = np.argsort(gallery, kind="stable")
    first = np.searchsorted(gallery[order], probes, "left")
    count = np.searchsorted(gallery[order], probes, "right") - first
    row = np.repeat(np.arange(len(probes)), count)
    column = order[np.arange(len(row)) - np.repeat(np.cumsum(count) - count - first, count)]
    return row, column.astype(np.int64)
