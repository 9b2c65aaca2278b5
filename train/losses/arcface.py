"""ArcFace: class centres, and a margin on the angle."""

import math

import torch
from torch import Tensor

from train.losses.class_centres import ClassCentreLoss, SyntheticRole
from train.losses.ranges import AngularMargin, Positive

MIN_SINE_SQUARED = 1e-6  # the sine's slope has no bound at cosines of 1 and -1


class ArcFaceLoss(ClassCentreLoss):
    """Additive angular margin: the target's cosine cos(t) becomes cos(t + margin).

    Beyond t = pi - margin, where that would rise again, it is cos(t) - margin * sin(margin), as in the
    authors' code. Deng, Guo, Xue, Zafeiriou: ArcFace: Additive Angular Margin Loss for Deep Face Recognition,
    CVPR 2019.

    Args:
        embedding_size, identities, scale, synthetic: see `ClassCentreLoss`.
        margin: m, radians, 0 to pi / 2.
    """

    def __init__(
        self,
        embedding_size: int,
        identities: int,
        margin: AngularMargin = 0.5,
        scale: Positive = 64.0,
        synthetic: SyntheticRole = "negative",
    ) -> None:
        super().__init__(embedding_size, identities, scale, synthetic)
        self.margin = margin

    def with_margin(self, cosine: Tensor, norms: Tensor) -> Tensor:
        """See `ClassCentreLoss.with_margin`; `norms` play no part."""
        sine = (1 - cosine.square()).clamp_min(MIN_SINE_SQUARED).sqrt()
        turned = cosine * math.cos(self.margin) - sine * math.sin(self.margin)
        return torch.where(
            cosine >= -math.cos(self.margin), turned, cosine - self.margin * math.sin(self.margin)
        )
