"""ArcFace and CosFace against pytorch-metric-learning, and synthetic faces in every loss with centres."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pytorch_metric_learning.losses import ArcFaceLoss as PeerArcFace
from pytorch_metric_learning.losses import CosFaceLoss as PeerCosFace
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from train.losses.adaface import AdaFaceLoss
from train.losses.arcface import ArcFaceLoss
from train.losses.base import EmbeddedBatch
from train.losses.class_centres import ClassCentreLoss
from train.losses.cosface import CosFaceLoss

Make = Callable[..., EmbeddedBatch]
LOSSES = [ArcFaceLoss, CosFaceLoss, AdaFaceLoss]


def create(loss: type[ClassCentreLoss], seed: int = 0, **parameters: Any) -> ClassCentreLoss:
    torch.manual_seed(seed)
    return loss(8, 4, **parameters).double()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("margin", "scale"), [(0.5, 64.0), (0.2, 8.0), (1.2, 16.0), (0.0, 4.0)])
@pytest.mark.parametrize(("ours", "theirs"), [(ArcFaceLoss, PeerArcFace), (CosFaceLoss, PeerCosFace)])
def test_values_and_gradients_are_those_of_the_peer(
    make_batch: Make,
    ours: Callable[..., ClassCentreLoss],
    theirs: Callable[..., Any],
    margin: float,
    scale: float,
    seed: int,
) -> None:
    batch = make_batch(seed, count=20)
    raw = batch.embeddings.clone().requires_grad_()
    embeddings = functional.normalize(raw)  # the peer's gradients differ along the radius
    torch.manual_seed(seed)
    loss = ours(8, 4, margin=margin, scale=scale, synthetic="class").double()
    peer = theirs(5, 8, margin=math.degrees(margin) if theirs is PeerArcFace else margin, scale=scale)
    peer.W.data = loss.centres.detach().T.clone()
    labels = torch.where(batch.synthetic, 4, batch.identities)  # the peer knows nothing of synthetic faces
    found, expected = loss(batch._replace(embeddings=embeddings)), peer(embeddings, labels)
    assert found.item() == pytest.approx(expected.item(), rel=1e-9)
    own = torch.autograd.grad(found, (raw, loss.centres), retain_graph=True)
    other = torch.autograd.grad(expected, (raw, peer.W))
    torch.testing.assert_close(own[0], other[0])
    torch.testing.assert_close(own[1], other[1].T)


@pytest.mark.parametrize("synthetic", ["class", "negative"])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_right(make_batch: Make, loss: type[ClassCentreLoss], synthetic: str) -> None:
    batch, made = make_batch(1, count=6), create(loss, scale=4.0, synthetic=synthetic).eval()
    centres = made.centres.detach().clone().mul(100).requires_grad_()

    def value(embeddings: Tensor, centres: Tensor) -> Tensor:
        replaced = batch._replace(embeddings=embeddings)
        return torch.func.functional_call(made, {"centres": centres}, (replaced,))

    assert torch.autograd.gradcheck(value, (batch.embeddings.requires_grad_(), centres))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_class_of_synthetic_faces_leaves_the_targets_of_the_others(
    make_batch: Make, loss: type[ClassCentreLoss]
) -> None:
    batch = make_batch(2)
    made = create(loss, synthetic="class").eval()
    alone = create(loss, synthetic="negative").eval()
    alone.centres.data = made.centres.detach().clone()  # the last centre is one more identity, with no faces
    bona_fide = EmbeddedBatch(*(column[~batch.synthetic] for column in batch))
    assert len(made.centres) == 5
    assert made(bona_fide).item() == pytest.approx(alone(bona_fide).item(), rel=1e-12)
    moved = made(
        batch._replace(identities=torch.where(batch.synthetic, 3 - batch.identities, batch.identities))
    )
    assert moved.item() == pytest.approx(made(batch).item(), rel=1e-12)  # whom they show plays no part


@pytest.mark.parametrize("loss", LOSSES)
def test_negatives_cost_what_the_decision_against_their_identity_costs(
    make_batch: Make, loss: type[ClassCentreLoss]
) -> None:
    batch, made = make_batch(3), create(loss, scale=16.0, synthetic="negative").eval()
    assert len(made.centres) == 4
    cosine = functional.normalize(made.centres)[batch.identities].mul(batch.embeddings).sum(1)
    forged = functional.softplus(16.0 * cosine)[batch.synthetic].sum()
    bona_fide = EmbeddedBatch(*(column[~batch.synthetic] for column in batch))
    expected = (forged + len(bona_fide.norms) * made(bona_fide)) / len(batch.norms)
    assert made(batch).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("synthetic", ["class", "negative"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_pushes_a_forgery_from_its_identity_and_draws_a_bona_fide_face(
    make_batch: Make, loss: type[ClassCentreLoss], synthetic: str
) -> None:
    batch, made = make_batch(4, count=2, people=1), create(loss, synthetic=synthetic, scale=4.0).eval()
    centre = functional.normalize(made.centres.detach()[:1])
    near = functional.normalize(centre + 0.5 * batch.embeddings)  # not yet decided
    batch = batch._replace(embeddings=near.requires_grad_(), synthetic=torch.tensor([True, False]))
    (gradient,) = torch.autograd.grad(made(batch), near)
    change = functional.cosine_similarity(near - 1e-3 * gradient, centre) - (near @ centre.T)[:, 0]
    assert change[0] < 0 < change[1]


@pytest.mark.parametrize("synthetic", ["class", "negative"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_cosines_of_one_and_minus_one_are_safe(
    loss: Callable[..., ClassCentreLoss], synthetic: str, sign: float
) -> None:
    torch.manual_seed(0)
    made = loss(8, 4, synthetic=synthetic)
    at_centres = sign * functional.normalize(made.centres.detach())[[0, 1, 2, 3]]
    for slack in (1.0, 1.0 + 1e-6):  # rounding takes a cosine beyond 1
        embeddings = (slack * at_centres).requires_grad_()
        batch = EmbeddedBatch(embeddings, torch.ones(4), torch.arange(4), torch.arange(4) > 2)
        value = made(batch)
        assert value.isfinite()
        assert all(
            gradient.isfinite().all() for gradient in torch.autograd.grad(value, (embeddings, made.centres))
        )


@pytest.mark.parametrize("loss", LOSSES)
def test_the_margin_makes_every_cosine_harder_and_keeps_their_order(loss: type[ClassCentreLoss]) -> None:
    made = create(loss)
    cosine = torch.linspace(-0.999, 0.999, 999, dtype=torch.float64)
    hardened = made.with_margin(cosine, torch.full_like(cosine, 20.0))
    assert (hardened < cosine).all() and (hardened.diff() > 0).all()


def test_centres_come_from_the_global_generator() -> None:
    first, again, other = create(CosFaceLoss, 5), create(CosFaceLoss, 5), create(CosFaceLoss, 6)
    assert torch.equal(first.centres, again.centres) and not torch.equal(first.centres, other.centres)


class Largest(TorchDispatchMode):
    """The number of elements of the largest tensor that any operation makes."""

    elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for made in result if isinstance(result, tuple | list) else [result]:
            if isinstance(made, Tensor):
                self.elements = max(self.elements, made.numel())
        return result


@pytest.mark.parametrize("synthetic", ["class", "negative"])
@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_larger_than_logits_or_centres_is_built(
    make_batch: Make, loss: Callable[..., ClassCentreLoss], synthetic: str
) -> None:
    batch = make_batch(0, count=24, people=500)
    made = loss(8, 500, synthetic=synthetic).double()
    batch.embeddings.requires_grad_()
    with Largest() as largest:
        made(batch).backward()
    assert largest.elements <= 24 * 501
