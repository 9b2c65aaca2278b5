from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner, TripletMarginMiner
from pytorch_metric_learning.reducers import MeanReducer
from pytorch_metric_learning.utils.loss_and_miner_utils import get_all_triplets_indices
from torch import Tensor
from torch.nn import functional

from common.runtime.errors import UserError
from train.losses.base import EmbeddedBatch
from train.losses.triplet import Distance, Mining, TripletLoss, semi_hard

Make = Callable[..., EmbeddedBatch]
Triplets = tuple[list[int], list[int], list[int]]


def chosen(batch: EmbeddedBatch, imitations: bool) -> Triplets:
    """The triplets of the definition, one by one: anchors, positives, negatives."""
    found: Triplets = ([], [], [])
    names, forged = batch.identities.tolist(), batch.synthetic.tolist()
    distance = torch.cdist(batch.embeddings, batch.embeddings).square().tolist()
    people = range(len(names))
    for a in people:
        if imitations:
            negatives = [n for n in people if names[n] == names[a] and forged[n]]
        else:
            negatives = [n for n in people if names[n] != names[a]]
        for p in people:
            if p == a or names[p] != names[a] or forged[a] or forged[p] or not negatives:
                continue
            farther = [n for n in negatives if distance[a][n] > distance[a][p]]
            n = (
                min(farther, key=distance[a].__getitem__)
                if farther
                else max(negatives, key=distance[a].__getitem__)
            )
            for column, value in zip(found, (a, p, n), strict=True):
                column.append(value)
    return found


def peer_loss(embeddings: Tensor, triplets: Triplets, margin: float) -> Tensor:
    distance = LpDistance(normalize_embeddings=False, p=2, power=2)
    peer = TripletMarginLoss(margin, distance=distance, reducer=MeanReducer())
    return peer(embeddings, indices_tuple=tuple(torch.tensor(column) for column in triplets))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("margin", "weight"), [(0.2, 1.0), (1.5, 0.3), (0.5, 0.0)])
def test_values_and_gradients_are_those_of_the_peer(
    make_batch: Make, seed: int, margin: float, weight: float
) -> None:
    batch = make_batch(seed, count=16, people=2 + seed % 3)
    raw = batch.embeddings.clone().requires_grad_()
    embeddings = functional.normalize(raw)  # the peer's gradients may differ along the radius
    strangers, imitations = chosen(batch, imitations=False), chosen(batch, imitations=True)
    assert strangers[0]
    expected = peer_loss(embeddings, strangers, margin)
    if imitations[0]:
        expected = expected + weight * peer_loss(embeddings, imitations, margin)
    found = TripletLoss(margin, weight)(batch._replace(embeddings=embeddings))
    assert found.item() == pytest.approx(expected.item(), rel=1e-9)
    own, other = (torch.autograd.grad(loss, raw, retain_graph=True)[0] for loss in (found, expected))
    torch.testing.assert_close(own, other)


@pytest.mark.parametrize("seed", range(5))
def test_the_negative_is_the_hardest_of_those_that_the_peer_mines(make_batch: Make, seed: int) -> None:
    batch = make_batch(seed, count=16, people=3)
    distance = LpDistance(normalize_embeddings=False, p=2, power=2)
    miner = TripletMarginMiner(margin=4.0, type_of_triplets="semihard", distance=distance)
    anchors, positives, negatives = miner(batch.embeddings, batch.identities)
    between = distance(batch.embeddings, batch.embeddings)
    found = semi_hard(between, batch.identities[:, None] != batch.identities)
    for a, p in {(int(a), int(p)) for a, p in zip(anchors, positives, strict=True)}:
        mined = negatives[(anchors == a) & (positives == p)]
        assert found[a, p] == between[a, mined].min()


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 9))
def test_semi_hard_is_the_least_above_or_the_largest_of_all(seed: int, count: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    distance = torch.randint(0, 5, (count, count), generator=generator).double()  # many ties
    negative = torch.rand(count, count, generator=generator) < 0.5
    found = semi_hard(distance, negative).tolist()
    for a in range(count):
        own = distance[a][negative[a]].tolist()
        for p in range(count):
            farther = [value for value in own if value > distance[a, p]]
            assert found[a][p] == (min(farther) if farther else max(own, default=float("inf")))


def test_forgeries_are_neither_anchors_nor_positives(make_batch: Make) -> None:
    batch = make_batch(0, count=6)
    names = torch.tensor([0, 0, 0, 1, 2, 3])
    forged = torch.tensor([False, True, True, False, False, False])
    assert TripletLoss()(batch._replace(identities=names, synthetic=forged)).item() == 0


def test_only_the_second_term_reads_the_forgeries_of_the_anchor(make_batch: Make) -> None:
    batch = make_batch(0, count=3)._replace(
        identities=torch.zeros(3, dtype=torch.int64), synthetic=torch.tensor([False, False, True])
    )
    batch.embeddings[:] = functional.normalize(torch.ones(3, 8, dtype=torch.float64), dim=1)
    assert TripletLoss(0.2, synthetic_weight=0.0)(batch).item() == 0
    assert TripletLoss(0.2, synthetic_weight=2.5)(batch).item() == pytest.approx(0.5)


def test_gradients_are_right(make_batch: Make) -> None:
    batch = make_batch(1, count=10, people=2)
    loss = TripletLoss(margin=1.0)
    embeddings = batch.embeddings.requires_grad_()
    assert torch.autograd.gradcheck(lambda e: loss(batch._replace(embeddings=e)), (embeddings,))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("distance", ["squared", "euclidean"])
@pytest.mark.parametrize("mining", ["all", "hard"])
def test_with_forgeries_as_identities_it_is_the_peer(
    make_batch: Make, seed: int, distance: Distance, mining: Mining
) -> None:
    batch = make_batch(seed, count=20, people=3)
    labels = 2 * batch.identities + batch.synthetic
    measure = LpDistance(normalize_embeddings=False, p=2, power=2 if distance == "squared" else 1)
    peer = TripletMarginLoss(0.4, distance=measure, reducer=MeanReducer())
    raw = batch.embeddings.clone().requires_grad_()
    embeddings = functional.normalize(raw)
    mined = (
        get_all_triplets_indices(labels)
        if mining == "all"
        else BatchHardMiner(distance=measure)(embeddings, labels)
    )
    expected = peer(embeddings, indices_tuple=mined)
    own = TripletLoss(0.4, mining=mining, distance=distance, synthetic="own-identity")
    found = own(batch._replace(embeddings=embeddings))
    assert found.item() == pytest.approx(expected.item(), rel=1e-9) and found > 0
    one, other = (torch.autograd.grad(loss, raw, retain_graph=True)[0] for loss in (found, expected))
    torch.testing.assert_close(one, other)


def test_every_forgery_of_a_person_counts_where_all_triplets_do(make_batch: Make) -> None:
    batch = make_batch(3, count=16, people=3)
    names, forged = batch.identities.tolist(), batch.synthetic.tolist()
    far = torch.cdist(batch.embeddings, batch.embeddings).tolist()
    terms: dict[bool, list[float]] = {True: [], False: []}
    for a in range(16):
        for p in range(16):
            for n in range(16):
                same = names[n] == names[a]
                genuine = a != p and names[a] == names[p] and not forged[a] and not forged[p]
                if genuine and (forged[n] or not same):
                    terms[same].append(max(0.0, far[a][p] - far[a][n] + 1))
    assert all(terms.values())
    expected = sum(weight * sum(terms[same]) / len(terms[same]) for same, weight in ((False, 1), (True, 0.5)))
    found = TripletLoss(1.0, 0.5, mining="all", distance="euclidean")(batch)
    assert found.item() == pytest.approx(expected, rel=1e-9)


def test_a_weight_that_would_play_no_part_is_refused() -> None:
    with pytest.raises(UserError, match="synthetic_weight"):
        TripletLoss(synthetic_weight=2.0, synthetic="own-identity")
