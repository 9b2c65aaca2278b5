"""The modules of a network that look at the batch, exchanged for those that look at the global batch.

Three things look at the batch and not at one face: batch statistics, the noise of dropout, and the loss. The
first two are exchanged here; the third gets all embeddings from `gather_batch`.
"""

from lightning_fabric import Fabric
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from train.distributed.batch_norm import GlobalBatchNorm
from train.distributed.dropout import GlobalDropout
from train.distributed.gather import gather_rows
from train.losses.base import EmbeddedBatch


def synchronise(network: nn.Module, fabric: Fabric) -> None:
    """Exchange them in place; names and values of parameters and buffers stay.

    The global random state must be the same in all processes before every step. What does not depend on the
    number of processes is exchanged for one process as well.
    """
    for name, child in network.named_children():
        if isinstance(child, nn.Dropout) and child.p > 0:
            dropout = GlobalDropout(child.p, fabric.global_rank, fabric.world_size)
            setattr(network, name, dropout.train(child.training))
        elif isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(network, name, _over_processes(child, fabric))
        else:
            synchronise(child, fabric)


def _over_processes(module: _BatchNorm, fabric: Fabric) -> nn.Module:
    if fabric.device.type == "cpu":
        return GlobalBatchNorm(module, fabric.world_size)
    if fabric.world_size == 1:
        return module
    from timm.layers.norm_act import convert_sync_batchnorm  # which knows timm's own, and is slow to import

    converted: nn.Module = convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]  # timm's
    return converted


def gather_batch(batch: EmbeddedBatch) -> EmbeddedBatch:
    """The global batch, the same in every process, in the order of the ranks."""
    return EmbeddedBatch(*(gather_rows(column) for column in batch))
