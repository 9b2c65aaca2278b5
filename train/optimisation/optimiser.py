"""AdamW, as the precision of a run allows it."""

import torch
from lightning_fabric import Fabric
from torch.nn import Parameter
from torch.optim import AdamW

from train.config import OptimiserConfig


def create_optimiser(config: OptimiserConfig, fabric: Fabric, parameters: list[Parameter]) -> AdamW:
    """AdamW over those parameters that have a gradient (Loshchilov and Hutter, ICLR 2019)."""
    # the gradients of half precision are scaled, and clipping them needs an optimiser that leaves that alone
    fused = gradient_scaler(fabric) is None and fabric.device.type != "mps"
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    return AdamW(trained, config.learning_rate, weight_decay=config.weight_decay, fused=fused)


def gradient_scaler(fabric: Fabric) -> torch.amp.GradScaler | None:
    """The GradScaler of float16, which skips a step without finite gradients itself; None without one."""
    return getattr(fabric.strategy.precision, "scaler", None)
