import copy

import pytest
import torch
from torch import nn

from train.distributed.batch_norm import GlobalBatchNorm


def normalised_by(module: nn.Module, features: torch.Tensor, weights: torch.Tensor) -> list[torch.Tensor]:
    """Output, gradients and buffers of one pass."""
    features = features.clone().requires_grad_()
    result = module(features)
    (result * weights).sum().backward()
    assert features.grad is not None
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    return [result.detach(), features.grad, *gradients, *module.buffers()]


@pytest.mark.parametrize("shape", [(6, 5), (4, 5, 9, 7)])
@pytest.mark.parametrize(("affine", "momentum"), [(True, 0.1), (False, 0.3), (True, None)])
def test_it_is_torchs_own_in_double_precision(
    shape: tuple[int, ...], affine: bool, momentum: float | None
) -> None:
    torch.manual_seed(0)
    kind = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
    plain = kind(5, momentum=momentum, affine=affine).double()
    if affine:
        nn.init.normal_(plain.weight)
        nn.init.normal_(plain.bias)
    own = GlobalBatchNorm(copy.deepcopy(plain), processes=1)
    assert list(own.state_dict()) == list(plain.state_dict())
    features, weights = torch.randn(*shape).double() * 3 + 2, torch.randn(*shape).double()
    for _ in range(2):
        expected, found = (normalised_by(module, features, weights) for module in (plain, own))
        assert len(found) == len(expected) == (7 if affine else 5)
        for one, other in zip(expected, found, strict=True):
            assert torch.allclose(one.double(), other.double(), rtol=1e-9, atol=1e-9)
    assert torch.allclose(plain.eval()(features), own.eval()(features), rtol=1e-9)


def test_half_precision_stays_outside_and_not_inside() -> None:
    torch.manual_seed(0)
    features = (torch.randn(8, 5, 6, 6) + 3).bfloat16().requires_grad_()
    own = GlobalBatchNorm(nn.BatchNorm2d(5), processes=1)
    found = own(features)
    found.sum().backward()
    assert found.dtype == torch.bfloat16 and features.grad is not None
    expected = nn.BatchNorm2d(5)(features.detach().float())
    assert torch.allclose(found.float(), expected, rtol=1e-2, atol=1e-2)
    assert own.running_mean is not None and own.running_mean.dtype == torch.float32


def test_its_statistics_are_exact_where_torchs_own_are_not() -> None:
    torch.manual_seed(0)
    features = (torch.randn(16, 8, 112, 112) + 2).to(memory_format=torch.channels_last)
    exact = features.double().var((0, 2, 3))
    own = GlobalBatchNorm(nn.BatchNorm2d(8, momentum=1.0), processes=1)
    own(features)
    assert torch.allclose(own.running_var.double(), exact, rtol=1e-6, atol=0)
