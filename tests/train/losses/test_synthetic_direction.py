import pytest
import torch
from torch.nn import functional

from train.losses import LossConfig, create_loss
from train.losses.dynamic_margin import DynamicMarginLoss
from train.losses.synthetic_direction import SyntheticDirectionLoss
from train.losses.weighted_sum import WeightedSum


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    embeddings = functional.normalize(torch.randn(12, 16, generator=generator), dim=1)
    return embeddings, torch.arange(12) // 3, torch.arange(12) % 3 == 0


def test_learns_a_direction_that_separates(batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> None:
    embeddings, identities, synthetic = batch
    torch.manual_seed(0)
    loss_of = SyntheticDirectionLoss(16)
    optimiser = torch.optim.Adam(loss_of.parameters(), 0.05)
    first = loss_of(embeddings, identities, synthetic).item()
    for _ in range(200):
        optimiser.zero_grad()
        loss = loss_of(embeddings, identities, synthetic)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.2 * first
    side = loss_of.direction(embeddings)[:, 0]
    assert side[synthetic].min() > side[~synthetic].max()


def test_the_sum_weighs_its_parts(batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> None:
    torch.manual_seed(0)
    pair, direction = DynamicMarginLoss(), SyntheticDirectionLoss(16)
    both = WeightedSum([(1.0, pair), (2.5, direction)])
    assert both(*batch).item() == pytest.approx(
        pair(*batch).item() + 2.5 * direction(*batch).item(), rel=1e-6
    )
    assert {id(parameter) for parameter in both.parameters()} == {id(p) for p in direction.parameters()}


def test_without_weight_there_is_only_the_pair_loss() -> None:
    assert isinstance(create_loss(LossConfig(parameters={"scale": 8.0}), 16), DynamicMarginLoss)
    assert isinstance(create_loss(LossConfig(synthetic_weight=1.0), 16), WeightedSum)
