import copy

import pytest
import torch
from torch import nn

from common.models.backbones import create_backbone
from common.models.backbones.iresnet import Subsample
from common.models.backbones.network import Backbone


def with_pooling(backbone: Backbone) -> Backbone:
    """A copy whose shortcuts are those of the published networks."""
    pooled = copy.deepcopy(backbone)
    for module in pooled.modules():
        shortcut = getattr(module, "shortcut_layer", None)
        if isinstance(shortcut, Subsample):
            module.shortcut_layer = nn.MaxPool2d(1, shortcut.stride)
    return pooled


@pytest.mark.parametrize("name", ["ir_lite", "ir_18", "ir_se_50"])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_subsampling_is_the_pooling_of_the_published_networks(name: str, memory: torch.memory_format) -> None:
    torch.manual_seed(0)
    own = create_backbone(name, 32)
    pooled = with_pooling(own)
    assert any(isinstance(module, nn.MaxPool2d) for module in pooled.modules())
    assert list(own.state_dict()) == list(pooled.state_dict())
    images = torch.randn(3, 3, 32, 32).to(memory_format=memory)
    found = []
    for network in (own, pooled):
        torch.manual_seed(1)  # of the dropout
        embeddings = network.to(memory_format=memory).train()(images)
        embeddings.square().sum().backward()
        found.append([embeddings.detach(), *(parameter.grad for parameter in network.parameters())])
    assert all(torch.equal(*both) for both in zip(*found, strict=True))


def test_subsampling_keeps_nothing_for_the_backward_pass() -> None:
    kept: list[torch.Tensor] = []
    features = torch.randn(1, 4, 8, 8, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        Subsample(1)(features), Subsample(2)(features)
    assert not kept
