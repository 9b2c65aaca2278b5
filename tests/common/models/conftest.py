"""Weights as others publish them, without their size: every tensor is one number seen through strides."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from common.models.backbones import create_backbone


@pytest.fixture
def lite() -> dict[str, Tensor]:
    """The state of a small backbone."""
    torch.manual_seed(0)
    return create_backbone("ir_lite").state_dict()


@pytest.fixture(scope="session")
def hollow() -> Callable[..., dict[str, Tensor]]:
    """The names and shapes of a backbone; all weights are 0.01, kept once a tensor."""

    def make(name: str, size: int = 112, prefix: str = "") -> dict[str, Tensor]:
        with torch.device("meta"):
            state = create_backbone(name, size).state_dict()
        return {prefix + key: hollow_tensor(tuple(value.shape)) for key, value in state.items()}

    return make


def hollow_tensor(shape: tuple[int, ...]) -> Tensor:
    return torch.tensor(0.01).expand(shape)


@pytest.fixture(scope="session")
def lightning_checkpoint() -> Callable[[Mapping[str, Tensor]], dict[str, Any]]:
    """What a Lightning checkpoint holds beside its weights, AdaFace's head among them; no foreign classes."""

    def make(weights: Mapping[str, Tensor]) -> dict[str, Any]:
        head = {"head.kernel": torch.zeros(8, 5), "head.batch_mean": torch.ones(1)}
        return {
            "epoch": 3,
            "pytorch-lightning_version": "1.8.6",
            "state_dict": {**weights, **head},
            "optimizer_states": [{"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": []}],
            "hyper_parameters": {"lr": 0.1, "arch": "ir_101"},
            "loops": {"fit_loop": {"state_dict": {}}},
        }

    return make
