from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from train.losses.base import EmbeddedBatch
from train.losses.synthetic_direction import SyntheticDirectionLoss


@pytest.fixture
def batch() -> EmbeddedBatch:
    generator = torch.Generator().manual_seed(0)
    embeddings = functional.normalize(torch.randn(12, 16, generator=generator), dim=1)
    return EmbeddedBatch(embeddings, torch.ones(12), torch.arange(12) // 3, torch.arange(12) % 3 == 0)


def test_it_is_logistic_regression_on_the_embedding(make_batch: Callable[..., EmbeddedBatch]) -> None:
    batch = make_batch(0)
    loss_of = SyntheticDirectionLoss(8).double()
    with torch.no_grad():
        z = (8.0 * batch.embeddings @ loss_of.direction.weight[0] + loss_of.direction.bias).numpy()
    expected = np.where(batch.synthetic.numpy(), np.logaddexp(0, -z), np.logaddexp(0, z)).mean()
    assert loss_of(batch).item() == pytest.approx(expected, rel=1e-9)


def test_learns_a_direction_that_separates(batch: EmbeddedBatch) -> None:
    torch.manual_seed(0)
    loss_of = SyntheticDirectionLoss(16)
    optimiser = torch.optim.Adam(loss_of.parameters(), 0.05)
    first = loss_of(batch).item()
    for _ in range(200):
        optimiser.zero_grad()
        loss = loss_of(batch)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2 * first
    side = loss_of.direction(batch.embeddings)[:, 0]
    assert side[batch.synthetic].min() > side[~batch.synthetic].max()
