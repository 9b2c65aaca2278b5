"""All-gather of tensors, with gradients."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def gather_rows(rows: Tensor) -> Tensor:
    """(N, ...) of each process to (processes * N, ...), the same in all, in the order of the ranks.

    The gradient assumes that every process computes the same scalar from the result and that gradients of
    parameters are then averaged over the processes, as DDP does.
    """
    return rows if not dist.is_initialized() else _GatheredRows.apply(rows)


class _GatheredRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        ctx.count = len(rows)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        # the sum over processes, each of which holds the same gradient; the mean of DDP divides it again
        start = dist.get_rank() * ctx.count
        return gradient[start : start + ctx.count] * dist.get_world_size()
