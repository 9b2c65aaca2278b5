"""All pairs of a batch by what they show, and the mean of a loss that counts each kind alike."""

from typing import NamedTuple

import torch
from torch import Tensor

from train.losses.base import EmbeddedBatch


class Pairs(NamedTuple):
    """The P pairs of the N faces of a batch, each once; every mask is (P,) bool."""

    first: Tensor  # (P,) int64, a face of the batch
    second: Tensor  # (P,) int64, a later one
    genuine: Tensor  # two bona fide photographs of one person
    strangers: Tensor  # different people, synthetic or not
    one_forged: Tensor  # one person, bona fide and synthetic
    both_forged: Tensor  # one person, twice synthetic


def all_pairs(batch: EmbeddedBatch) -> Pairs:
    """The pairs of a batch; none of fewer than two faces."""
    embeddings, _, identities, synthetic = batch
    first, second = torch.triu_indices(len(embeddings), len(embeddings), offset=1, device=embeddings.device)
    same_identity = identities[first] == identities[second]
    forged = synthetic[first].int() + synthetic[second].int()
    genuine, one_forged, both_forged = (same_identity & (forged == count) for count in range(3))
    return Pairs(first, second, genuine, ~same_identity, one_forged, both_forged)


def mean_over_kinds(losses: Tensor, pairs: Pairs) -> Tensor:
    """The mean over the kinds present of the mean of the losses (P,) of each, 0 of no pair.

    The kinds are genuine pairs, strangers, and one person with at least one synthetic photograph: so the
    many easy pairs of strangers do not drown the few that matter. In the same way the last kind weighs pairs
    of one and of two synthetic photographs alike: the latter are few, and hard, for what gives two forgeries
    away also makes them look alike.
    """
    imitations = _mean_of_present(
        [_mean_where(losses, kind) for kind in (pairs.one_forged, pairs.both_forged)]
    )
    return _mean_of_present(
        [_mean_where(losses, pairs.genuine), _mean_where(losses, pairs.strangers), imitations]
    )[0]


# a mean, 0 of nothing, and whether it is of anything: a host that selects instead waits for the GPU
_Mean = tuple[Tensor, Tensor]


def _mean_where(losses: Tensor, chosen: Tensor) -> _Mean:
    """Of the losses (P,) that are `chosen` (P,)."""
    count = chosen.sum()
    return torch.where(chosen, losses, 0).sum() / count.clamp_min(1), count > 0


def _mean_of_present(means: list[_Mean]) -> _Mean:
    """Of the means of which there is any."""
    values, present = (torch.stack(column) for column in zip(*means, strict=True))
    return _mean_where(values, present)
