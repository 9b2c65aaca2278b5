"""Batch normalisation on a CPU, over the batch of all processes, whose sums are exact to rounding.

torch's own kernel for channels-last tensors adds up a channel one value after another: at 100,000 values a
variance is off by 1e-5, and by another 1e-5 for half of the batch. Two processes would then part from one
within a few steps. Here the sums are those of `Tensor.sum`, which adds pairwise; the time is the same.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from train.synchronised.gather import sum_over_processes


class GlobalBatchNorm(_BatchNorm):
    """Takes the place of `nn.BatchNorm1d` and `2d` in training; in eval mode it is the same.

    Args:
        replaced: whose parameters and buffers it takes over.
        processes: how many share a batch, in equal parts.
    """

    def __init__(self, replaced: _BatchNorm, processes: int) -> None:
        settings = (replaced.eps, replaced.momentum, replaced.affine, replaced.track_running_stats)
        super().__init__(replaced.num_features, *settings, device="meta")
        self._processes = processes
        for name, parameter in replaced.named_parameters():
            setattr(self, name, parameter)
        for name, buffer in replaced.named_buffers():
            setattr(self, name, buffer)
        self.train(replaced.training)

    def _check_input_dim(self, input: Tensor) -> None:
        pass  # any (N, C, ...)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, ...) to the same shape, normalised over the global batch in training."""
        if not self.training:
            return super().forward(features)
        if features.dtype in (torch.bfloat16, torch.float16):
            return self(features.float()).to(features.dtype)
        count = features.numel() // features.shape[1] * self._processes
        if self._processes == 1:
            normalised, mean, variance = _Normalised.apply(features, self.weight, self.bias, self.eps)
        else:
            normalised, mean, variance = self._over_processes(features, count)
        if self.running_mean is not None and self.running_var is not None:
            self._follow(mean.detach(), variance.detach() * count / max(count - 1, 1))
        return normalised

    def _over_processes(self, features: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
        over, shape = _other_axes(features), _channel_shape(features)
        mean = sum_over_processes(features.sum(over)) / count
        centred = features - mean.view(shape)
        variance = sum_over_processes((centred * centred).sum(over)) / count
        normalised = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            normalised = normalised * self.weight.view(shape) + self.bias.view(shape)
        return normalised, mean, variance

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        assert self.num_batches_tracked is not None
        assert self.running_mean is not None and self.running_var is not None
        self.num_batches_tracked.add_(1)
        weight = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, weight)
        self.running_var.lerp_(variance, weight)


class _Normalised(torch.autograd.Function):
    """Exact statistics, and torch's own kernels for the rest."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        over, shape = _other_axes(features), _channel_shape(features)
        count = features.numel() // features.shape[1]
        mean = features.sum(over) / count
        spread = mean.view(shape).expand_as(features)
        # (features - mean)² in one pass
        variance = functional.mse_loss(features, spread, reduction="none").sum(over) / count
        ctx.save_for_backward(features, weight, mean, torch.rsqrt(variance + eps))
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance)
        normalised = functional.batch_norm(features, mean, variance, weight, bias, eps=eps)
        return normalised, mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, mean, inverse_deviation = ctx.saved_tensors
        affine = weight is not None
        gradients = torch.ops.aten.native_batch_norm_backward(
            gradient,
            features,
            weight,
            None,
            None,
            mean,
            inverse_deviation,
            True,
            ctx.eps,
            [ctx.needs_input_grad[0], affine, affine],
        )
        return (*gradients, None)


def _other_axes(features: Tensor) -> list[int]:
    return [axis for axis in range(features.dim()) if axis != 1]


def _channel_shape(features: Tensor) -> list[int]:
    return [1, -1] + [1] * (features.dim() - 2)
