"""Contrastive and logistic losses of pairs against their definitions, and the former against a peer's."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss as Peer
from pytorch_metric_learning.reducers import MeanReducer

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.contrastive import ContrastiveLoss
from train.losses.pair_logistic import PairLogisticLoss

Make = Callable[..., EmbeddedBatch]
OfPair = Callable[[NDArray[np.float64], NDArray[np.float64], bool], float]


def by_kind(batch: EmbeddedBatch, of_pair: OfPair) -> float:
    """The mean over kinds of pairs of the mean over the pairs of each, one by one."""
    found: dict[str, list[float]] = {}
    faces = batch.embeddings.detach().numpy()
    for i in range(len(faces)):
        for j in range(i):
            forged = int(batch.synthetic[i]) + int(batch.synthetic[j])
            same = bool(batch.identities[i] == batch.identities[j])
            kind = ("genuine", "one", "two")[forged] if same else "strangers"
            found.setdefault(kind, []).append(of_pair(faces[i], faces[j], kind == "genuine"))
    means = {kind: float(np.mean(losses)) for kind, losses in found.items()}
    imitations = [means.pop(kind) for kind in ("one", "two") if kind in means]
    return float(np.mean([*means.values(), *([np.mean(imitations)] if imitations else [])]))


def logistic(one: NDArray[np.float64], other: NDArray[np.float64], genuine: bool) -> float:
    logit = 0.5 * np.sqrt(8) - np.abs(one - other) @ np.full(8, 1.0)
    return float(np.logaddexp(0, -logit if genuine else logit))


def contrastive(one: NDArray[np.float64], other: NDArray[np.float64], genuine: bool) -> float:
    distance = float(np.linalg.norm(one - other))
    return distance**2 if genuine else max(0.0, 1.2 - distance) ** 2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("loss", "of_pair"), [(ContrastiveLoss(1.2), contrastive), (PairLogisticLoss(8), logistic)]
)
def test_values_and_gradients_are_those_of_the_definition(
    make_batch: Make, loss: FaceLoss, of_pair: OfPair, seed: int
) -> None:
    batch = make_batch(seed, count=10, people=1 + seed % 4)
    loss = loss.double()
    assert loss(batch).item() == pytest.approx(by_kind(batch, of_pair), rel=1e-6)
    embeddings = batch.embeddings.requires_grad_()
    assert torch.autograd.gradcheck(lambda e: loss(batch._replace(embeddings=e)), (embeddings,))


def test_genuine_pairs_cost_what_they_cost_the_peer(make_batch: Make) -> None:
    batch = make_batch(0)._replace(
        identities=torch.zeros(12, dtype=torch.int64), synthetic=torch.zeros(12, dtype=torch.bool)
    )
    squared = LpDistance(normalize_embeddings=False, p=2, power=2)
    peer = Peer(pos_margin=0, distance=squared, reducer=MeanReducer())
    expected = peer(batch.embeddings, batch.identities)
    assert ContrastiveLoss()(batch).item() == pytest.approx(expected.item(), rel=1e-9)
