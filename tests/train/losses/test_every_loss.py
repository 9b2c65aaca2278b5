"""What all losses promise, each by its name."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from train.losses import LOSSES, LossConfig, create_loss
from train.losses.base import EmbeddedBatch, FaceLoss

Make = Callable[..., EmbeddedBatch]

CONFIGS: list[dict[str, Any]] = [
    *({"name": name} for name in LOSSES),
    *({"name": name, "parameters": {"synthetic": "class"}} for name in ("arcface", "cosface", "adaface")),
    {"name": "triplet", "parameters": {"mining": "all", "distance": "euclidean"}},
    {"name": "triplet", "parameters": {"mining": "hard", "synthetic": "own-identity"}},
    {"name": "triplet", "add": [{"name": "synthetic_direction", "weight": 3.0}]},
]
every_loss = pytest.mark.parametrize("config", CONFIGS, ids=str)


def create(config: dict[str, Any]) -> FaceLoss:
    torch.manual_seed(0)
    return create_loss(LossConfig.model_validate(config), embedding_size=8, identities=4).double()


@every_loss
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(0, 12), people=st.integers(1, 4))
def test_the_order_of_the_faces_plays_no_part(
    make_batch: Make, config: dict[str, Any], seed: int, count: int, people: int
) -> None:
    batch = make_batch(seed, count=count, people=people)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    shuffled = EmbeddedBatch(*(column[order] for column in batch))
    loss, again = create(config), create(config)
    assert loss(shuffled).item() == pytest.approx(again(batch).item(), rel=1e-9, abs=1e-12)


@every_loss
@settings(max_examples=30, deadline=None)
@given(
    faces=st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from([0, 1, 2]), st.sampled_from([1.0, -1.0])),
        max_size=9,
    ),
    norm=st.sampled_from([0.0, 1e-6, 20.0, 1e6]),
)
def test_any_batch_gives_a_finite_loss_and_gradient(
    config: dict[str, Any], faces: list[tuple[int, bool, int, float]], norm: float
) -> None:
    """Few faces, one person, no or only forgeries; embeddings that are equal or opposite to the last bit."""
    loss = create(config).float()
    embeddings = torch.zeros(len(faces), 8)
    for row, (_, _, axis, sign) in enumerate(faces):
        embeddings[row, axis] = sign
    embeddings.requires_grad_()
    batch = EmbeddedBatch(
        embeddings,
        torch.full((len(faces),), norm),
        torch.tensor([face[0] for face in faces], dtype=torch.int64),
        torch.tensor([face[1] for face in faces], dtype=torch.bool),
    )
    value = loss(batch)
    value.backward()
    assert value.shape == () and value.isfinite()
    assert embeddings.grad is not None and embeddings.grad.isfinite().all()
    for parameter in loss.parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all()


@every_loss
def test_an_empty_batch_has_no_loss_and_a_zero_gradient(make_batch: Make, config: dict[str, Any]) -> None:
    loss = create(config)
    batch = make_batch(0, count=0)
    batch.embeddings.requires_grad_()
    value = loss(batch)
    value.backward()
    assert value.item() == 0
    assert all(not parameter.grad.any() for parameter in loss.parameters() if parameter.grad is not None)


@every_loss
def test_the_host_waits_for_none_of_its_values(
    make_batch: Make, config: dict[str, Any], host_reads: Callable[[], Any]
) -> None:
    loss, batch = create(config), make_batch(0)
    batch.embeddings.requires_grad_()
    with host_reads() as seen:
        loss(batch).backward()
    assert seen == []
    with host_reads() as seen:
        batch.embeddings[batch.synthetic].sum().item()
    assert seen == ["index", "_local_scalar_dense"], "else the first list says nothing"


@pytest.mark.parametrize("name", ["dynamic_margin", "triplet", "contrastive", "pair_logistic"])
@pytest.mark.parametrize("forged", [False, True])
def test_a_single_face_has_nothing_to_compare_with(make_batch: Make, name: str, forged: bool) -> None:
    batch = make_batch(0, count=1)._replace(synthetic=torch.tensor([forged]))
    batch.embeddings.requires_grad_()
    value = create({"name": name})(batch)
    value.backward()
    assert value.item() == 0
    assert batch.embeddings.grad is not None and not batch.embeddings.grad.any()


@every_loss
def test_it_draws_nothing_at_random(make_batch: Make, config: dict[str, Any]) -> None:
    batch, first, second = make_batch(0), create(config), create(config)
    torch.manual_seed(1)
    value = first(batch).item()
    torch.manual_seed(2)
    assert second(batch).item() == value


@pytest.mark.parametrize(
    "config", [config for config in CONFIGS if config["name"] != "synthetic_direction"], ids=str
)
def test_it_parts_forgeries_and_strangers_from_genuine_faces(config: dict[str, Any]) -> None:
    """Embeddings that move freely, from a start where a forgery is as near to a person as that person."""
    loss = create(config)
    identities, synthetic = torch.arange(24) % 4, torch.arange(24) // 4 >= 4
    noise = torch.randn(24, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    free = (3 * torch.eye(4, 8, dtype=torch.float64)[identities] + noise).requires_grad_()

    def means() -> tuple[float, float, float]:
        """The mean cosine of a bona fide face to others: its person's, that person's forgeries, strangers."""
        embeddings = functional.normalize(free.detach(), dim=1)
        cosine = (embeddings @ embeddings.T)[~synthetic]
        same = (identities == identities[:, None])[~synthetic]
        chosen = [same & ~synthetic, same & synthetic, ~same & ~synthetic]
        first, second, third = [cosine[pairs].mean().item() for pairs in chosen]
        return first, second, third

    genuine, imitated, _ = means()
    optimiser = torch.optim.Adam([free, *loss.parameters()], 0.02)
    for _ in range(150):
        optimiser.zero_grad()
        batch = EmbeddedBatch(functional.normalize(free, dim=1), free.norm(dim=1), identities, synthetic)
        loss(batch).backward()
        optimiser.step()
    own, own_forgeries, others = means()
    assert own > genuine and own_forgeries < imitated
    assert own - own_forgeries > 2 * (genuine - imitated)
    assert own - others > 0.5
