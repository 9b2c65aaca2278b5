import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch

from train.losses import LOSSES
from train.losses.base import EmbeddedBatch
from train.losses.dynamic_margin import DynamicMarginLoss

Make = Callable[..., EmbeddedBatch]


def by_hand(
    embeddings: np.ndarray, identities: np.ndarray, synthetic: np.ndarray, m0: float, a: float, s: float
) -> float:
    """The definition, pair by pair."""
    sums: dict[str, list[float]] = {"genuine": [], "one forged": [], "both forged": [], "strangers": []}
    for i in range(len(embeddings)):
        for j in range(i + 1, len(embeddings)):
            c = float(np.dot(embeddings[i], embeddings[j]))
            same, forged = identities[i] == identities[j], int(synthetic[i]) + int(synthetic[j])
            y = 1.0 if same and not forged else 0.0
            kind = ("genuine", "one forged", "both forged")[forged] if same else "strangers"
            z = s * (c - (m0 + a * (1 - c)) * y)
            loss = np.logaddexp(0, -z) if y else np.logaddexp(0, z)
            sums[kind].append(float(loss))
    means = {kind: float(np.mean(losses)) for kind, losses in sums.items() if losses}
    forged_means = [means.pop(kind) for kind in ("one forged", "both forged") if kind in means]
    categories = [*means.values(), *([float(np.mean(forged_means))] if forged_means else [])]
    return float(np.mean(categories))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("m0", "a", "s"), [(0.35, 0.1, 64.0), (0.2, 0.0, 16.0), (0.0, 0.5, 1.0)])
def test_it_equals_the_definition(make_batch: Make, seed: int, m0: float, a: float, s: float) -> None:
    batch = make_batch(seed, count=10, people=1 + seed % 5)
    found = DynamicMarginLoss(margin=m0, slope=a, scale=s)(batch)
    expected = by_hand(batch.embeddings.numpy(), batch.identities.numpy(), batch.synthetic.numpy(), m0, a, s)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_defaults_are_the_published_ones() -> None:
    assert LOSSES["dynamic_margin"] is DynamicMarginLoss
    defaults = {name: p.default for name, p in inspect.signature(DynamicMarginLoss).parameters.items()}
    assert (defaults["margin"], defaults["slope"], defaults["scale"]) == (0.35, 0.1, 64.0)
    cosine = torch.tensor([0.8, 0.8], dtype=torch.float64)
    positive, negative = DynamicMarginLoss().pair_losses(
        cosine, torch.tensor([1.0, 0.0], dtype=torch.float64)
    )
    assert float(positive) == pytest.approx(np.logaddexp(0, -64 * (0.8 - 0.37)))
    assert float(negative) == pytest.approx(np.logaddexp(0, 64 * 0.8))


def test_gradients_are_right(make_batch: Make) -> None:
    batch = make_batch(1, count=6)
    loss = DynamicMarginLoss(scale=8.0)
    embeddings = batch.embeddings.requires_grad_()
    assert torch.autograd.gradcheck(lambda e: loss(batch._replace(embeddings=e)), (embeddings,))


def test_it_falls_with_the_cosine_of_genuine_pairs_and_rises_for_all_others() -> None:
    cosine = torch.linspace(-1, 1, 201, dtype=torch.float64)
    loss = DynamicMarginLoss(scale=8.0)
    assert (loss.pair_losses(cosine, torch.ones_like(cosine)).diff() < 0).all()
    assert (loss.pair_losses(cosine, torch.zeros_like(cosine)).diff() > 0).all()


@pytest.mark.parametrize(
    ("identities", "synthetic", "attracts"),
    [
        ([0, 0], [0, 0], True),
        ([0, 0], [0, 1], False),
        ([0, 0], [1, 1], False),
        ([0, 1], [0, 0], False),
        ([0, 1], [1, 1], False),
    ],
)
def test_only_two_bona_fide_photographs_of_one_person_attract(
    identities: list[int], synthetic: list[int], attracts: bool
) -> None:
    embeddings = torch.nn.functional.normalize(torch.tensor([[1.0, 0.2], [0.8, 0.6]]), dim=1)
    embeddings.requires_grad_()
    batch = EmbeddedBatch(
        embeddings, torch.ones(2), torch.tensor(identities), torch.tensor(synthetic, dtype=torch.bool)
    )
    DynamicMarginLoss(scale=4.0)(batch).backward()
    assert embeddings.grad is not None
    step = embeddings.detach() - 0.01 * embeddings.grad
    before = float(embeddings[0].detach() @ embeddings[1].detach())
    after = float(torch.nn.functional.cosine_similarity(step[:1], step[1:]))
    assert (after > before) == attracts


def test_many_strangers_do_not_drown_the_other_categories(make_batch: Make) -> None:
    batch = make_batch(3, count=40)._replace(synthetic=torch.zeros(40, dtype=torch.bool))
    embeddings = batch.embeddings
    loss = DynamicMarginLoss()
    found = loss(batch._replace(identities=torch.cat([torch.tensor([0, 0]), torch.arange(1, 39)])))
    genuine = loss.pair_losses((embeddings[0] @ embeddings[1])[None], torch.ones(1, dtype=torch.float64))
    rest = loss(batch._replace(identities=torch.arange(40)))  # everyone a stranger
    strangers = (
        rest * 780
        - loss.pair_losses((embeddings[0] @ embeddings[1])[None], torch.zeros(1, dtype=torch.float64))
    ) / 779
    assert float(found) == pytest.approx(float((genuine + strangers) / 2), rel=1e-9)
