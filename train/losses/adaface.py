"""AdaFace: class centres, and a margin that depends on the quality of the photograph."""

import math

import torch
from torch import Tensor

from train.losses.base import EmbeddedBatch
from train.losses.class_centres import ClassCentreLoss, SyntheticRole
from train.losses.ranges import CosineMargin, Positive, Share

# the constants of the published code
EPSILON = 1e-3  # kept between a cosine and 1 or -1, and between an angle and 0 or pi
NORM_BOUNDS = (1e-3, 100.0)
INITIAL_MEAN, INITIAL_DEVIATION = 20.0, 100.0


class AdaFaceLoss(ClassCentreLoss):
    """Quality-adaptive margin: easy errors count where the photograph is good, and little where it is bad.

    The length z of an embedding before normalisation stands for the photograph's quality. With its running
    mean and standard deviation, q = clip(concentration * (z - mean) / deviation, -1, 1), and the target's
    cosine cos(t) becomes cos(t - margin * q) - margin * (1 + q). No gradient flows through z.
    Kim, Jain, Liu: AdaFace: Quality Adaptive Margin for Face Recognition, CVPR 2022.

    The statistics are those of all faces of the batches seen in training mode, bona fide and synthetic; a
    batch of fewer than two faces has none and leaves them as they are.

    Args:
        embedding_size, identities, scale, synthetic: see `ClassCentreLoss`.
        margin: m, 0 to 2.
        concentration: h, the quality of a length one standard deviation above the mean; above 0, at most 1.
        update: what a new batch weighs in the running statistics, above 0, at most 1. It is `t_alpha` of the
            published code; the paper's alpha of 0.99 is what the past weighs.

    Attributes:
        norm_mean, norm_deviation: float32 scalars, the running statistics, part of the module's state.
    """

    norm_mean: Tensor
    norm_deviation: Tensor

    def __init__(
        self,
        embedding_size: int,
        identities: int,
        margin: CosineMargin = 0.4,
        concentration: Share = 0.333,
        update: Share = 0.01,
        scale: Positive = 64.0,
        synthetic: SyntheticRole = "negative",
    ) -> None:
        super().__init__(embedding_size, identities, scale, synthetic)
        self.margin = margin
        self.concentration = concentration
        self.update = update
        self.register_buffer("norm_mean", torch.tensor(INITIAL_MEAN))
        self.register_buffer("norm_deviation", torch.tensor(INITIAL_DEVIATION))

    def forward(self, batch: EmbeddedBatch) -> Tensor:
        """See `FaceLoss.forward`. In training mode the batch enters the running statistics first."""
        if self.training and len(batch.norms) > 1:
            norms = batch.norms.detach().clamp(*NORM_BOUNDS)
            self.norm_mean.lerp_(norms.mean(), self.update)
            self.norm_deviation.lerp_(norms.std(), self.update)
        return super().forward(batch)

    def with_margin(self, cosine: Tensor, norms: Tensor) -> Tensor:
        """See `ClassCentreLoss.with_margin`."""
        distance = norms.detach().clamp(*NORM_BOUNDS) - self.norm_mean
        quality = (self.concentration * distance / (self.norm_deviation + EPSILON)).clamp(-1, 1)
        angle = cosine.clamp(-1 + EPSILON, 1 - EPSILON).acos()
        turned = (angle - self.margin * quality).clamp(EPSILON, math.pi - EPSILON).cos()
        return turned - self.margin * (1 + quality)
