"""What a batch takes of memory while it is trained on, told before the first step."""

from collections.abc import Sequence

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from common.models.cost import kept_bytes
from train.run_config import RunConfig

MEGA, GIGA = 1e6, 1e9


def activation_notes(
    network: nn.Module,
    stages: Sequence[nn.Module],
    size: int,
    config: RunConfig,
    fabric: Fabric,
    *more: Tensor,
    each: int = 1,
) -> list[str]:
    """One line on the activations that are kept for the way back of a batch, on each device.

    Weights, gradients, the state of the optimiser and what kernels need for a moment come to it.

    Args:
        network: on its device, not yet exchanged for one that looks at the batch of all processes; takes
            (N, 3, size, size) uint8 crops.
        stages: of the network, of which `config.freeze` are frozen.
        size: pixels of a crop's side.
        config: whose batch it is.
        fabric: whose precision it is.
        more: what the network takes beside the crops, on the meta device.
        each: crops of what a batch counts: of a sequence.
    """
    batch = -(-config.batch.size // fabric.world_size)
    crops = torch.empty(batch * each, 3, size, size, dtype=torch.uint8, device="meta")
    told = f"a batch of {batch}{f' times {each} crops' if each > 1 else ''} at {size} pixels"
    try:
        with fabric.autocast():
            kept = kept_bytes(network, crops, *more, frozen=stages[: config.freeze])
    except Exception as error:  # of what a network of timm may do with numbers, which are not there
        return [f"how much memory {told} takes is not known: {type(error).__name__} without arithmetic"]
    amount = f"{kept / GIGA:.1f} GB" if kept >= GIGA else f"{kept / MEGA:.0f} MB"
    where = " on each device" if fabric.world_size > 1 else ""
    return [f"activations of {told}{where}: about {amount}, beside weights, gradients and optimiser"]
