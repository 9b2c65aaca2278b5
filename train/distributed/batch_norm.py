"""Batch normalisation on a CPU, over the batch of all processes, with statistics that are exact to rounding.

torch's own kernel for channels-last tensors adds up a channel one value after another: over 100,000 values a
variance is off by 1e-5, and differently for half of a batch. Two processes would then part from one within a
few steps. Here the values of a channel are added up in groups, which is exact and also faster.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

GROUPS = 32  # in which the values of a channel are added up


class GlobalBatchNorm(_BatchNorm):
    """Takes the place of `nn.BatchNorm1d` and `2d` in training; in eval mode it is the same.

    What a batch norm of timm does afterwards, it does too: drop, activate, reduce.

    Args:
        replaced: whose parameters, buffers and children it takes over.
        processes: how many share a batch, in equal parts.
    """

    def __init__(self, replaced: _BatchNorm, processes: int) -> None:
        settings = (replaced.eps, replaced.momentum, replaced.affine, replaced.track_running_stats)
        super().__init__(replaced.num_features, *settings, device="meta")
        self._processes = processes
        for name, parameter in replaced.named_parameters(recurse=False):
            setattr(self, name, parameter)
        for name, buffer in replaced.named_buffers(recurse=False):
            setattr(self, name, buffer)
        for name, child in replaced.named_children():
            setattr(self, name, child)
        self.train(replaced.training)

    def _check_input_dim(self, input: Tensor) -> None:
        pass  # any (N, C, ...)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, ...) to the same shape, normalised over the global batch in training."""
        normalised = self._normalised(features) if self.training else super().forward(features)
        for child in self.children():
            normalised = child(normalised)
        return normalised

    def _normalised(self, features: Tensor) -> Tensor:
        if features.dtype in (torch.bfloat16, torch.float16):
            return self._normalised(features.float()).to(features.dtype)
        mean, variance = _global_statistics(features.detach(), self._processes)
        if self.running_mean is not None and self.running_var is not None:
            count = features.numel() // features.shape[1] * self._processes
            self._follow(mean, variance * (count / max(count - 1, 1)))
        normalised: Tensor = _Normalised.apply(
            features, self.weight, self.bias, mean, variance, self.eps, self._processes
        )
        return normalised

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        assert self.num_batches_tracked is not None
        assert self.running_mean is not None and self.running_var is not None
        self.num_batches_tracked.add_(1)
        weight = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, weight)
        self.running_var.lerp_(variance, weight)


def _global_statistics(features: Tensor, processes: int) -> tuple[Tensor, Tensor]:
    """Mean and variance (C,) of (N, C, ...) over all processes."""
    mean, variance = _statistics(features)
    if processes == 1:
        return mean, variance
    own = torch.stack([mean, variance])
    parts = [torch.empty_like(own) for _ in range(processes)]
    dist.all_gather(parts, own)
    return _united(torch.stack([part[0] for part in parts]), torch.stack([part[1] for part in parts]))


def _statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance (C,) of (N, C, ...) in this process."""
    channels, count = features.shape[1], features.numel() // features.shape[1]
    rows = features.movedim(1, -1)
    if not rows.is_contiguous():  # not channels-last: torch's kernel is exact
        mean, variance = torch.batch_norm_update_stats(features, None, None, 0.0)
        return mean, variance
    groups = next(number for number in (GROUPS, 16, 8, 4, 2, 1) if count % number == 0)
    # a channel's values take turns in its groups, which stand beside each other like further channels
    beside = rows.reshape(count // groups, groups * channels)
    mean, variance = torch.batch_norm_update_stats(beside, None, None, 0.0)
    return _united(mean.view(groups, channels), variance.view(groups, channels))


def _united(means: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance (C,) of equally large parts from those of the parts, (P, C)."""
    mean = means.mean(0)
    return mean, variances.mean(0) + (means - mean).square().mean(0)


class _Normalised(torch.autograd.Function):
    """(features - mean) / deviation * weight + bias, where mean and variance are those of the features."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        mean: Tensor,
        variance: Tensor,
        eps: float,
        processes: int,
    ) -> Tensor:
        ctx.save_for_backward(features, weight, mean, torch.rsqrt(variance + eps))
        ctx.eps, ctx.processes = eps, processes
        return functional.batch_norm(features, mean, variance, weight, bias, eps=eps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, mean, inverse_deviation = ctx.saved_tensors
        if ctx.processes > 1:
            gradients = _backward(gradient, features, weight, mean, inverse_deviation, ctx.processes)
        else:
            wanted = [ctx.needs_input_grad[0], weight is not None, weight is not None]
            gradients = torch.ops.aten.native_batch_norm_backward(
                gradient, features, weight, None, None, mean, inverse_deviation, True, ctx.eps, wanted
            )
        return (*gradients, None, None, None, None)


def _backward(
    gradient: Tensor,
    features: Tensor,
    weight: Tensor | None,
    mean: Tensor,
    inverse_deviation: Tensor,
    processes: int,
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Gradients of features, weight and bias; the statistics depend on the features of all processes.

    As in `gather_rows`, gradients of parameters are those of this process, which DDP averages.
    """
    over = [axis for axis in range(features.dim()) if axis != 1]
    shape = [1, -1] + [1] * (features.dim() - 2)
    standard = (features - mean.view(shape)) * inverse_deviation.view(shape)
    sums = torch.stack([gradient.sum(over), (gradient * standard).sum(over)])
    of_bias, of_weight = sums.clone()
    dist.all_reduce(sums)
    sums /= features.numel() // features.shape[1] * processes
    slope = inverse_deviation if weight is None else inverse_deviation * weight
    of_features = (gradient - sums[0].view(shape) - standard * sums[1].view(shape)) * slope.view(shape)
    return of_features, *((None, None) if weight is None else (of_weight, of_bias))
