"""Optimisers by name, as the precision of a run allows them."""

from collections.abc import Sequence

import torch
from lightning_fabric import Fabric
from torch.nn import Parameter
from torch.optim import SGD, Adam, AdamW, Optimizer

from train.run_config import OptimiserConfig

RATE = "rate"  # key of a group of parameters: its share of the learning rate


def create_optimiser(
    config: OptimiserConfig, fabric: Fabric, groups: Sequence[tuple[float, Sequence[Parameter]]]
) -> Optimizer:
    """AdamW (Loshchilov and Hutter, ICLR 2019), Adam or SGD over those parameters that have a gradient.

    Args:
        config: which, and its numbers.
        fabric: launched.
        groups: parameters, each group with its share of the learning rate.
    """
    # the gradients of half precision are scaled, and clipping them needs an optimiser that leaves that alone
    fused = gradient_scaler(fabric) is None and fabric.device.type != "mps"
    trained = [
        {
            "params": [parameter for parameter in parameters if parameter.requires_grad],
            "lr": config.learning_rate * rate,
            RATE: rate,
        }
        for rate, parameters in groups
    ]
    if config.name == "sgd":
        return SGD(
            trained,
            config.learning_rate,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
            fused=fused,
        )
    kind = AdamW if config.name == "adamw" else Adam
    return kind(trained, config.learning_rate, weight_decay=config.weight_decay, fused=fused)


def gradient_scaler(fabric: Fabric) -> torch.amp.GradScaler | None:
    """The GradScaler of float16, which skips a step without finite gradients itself; None without one."""
    return getattr(fabric.strategy.precision, "scaler", None)
