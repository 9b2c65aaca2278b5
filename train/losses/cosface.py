"""CosFace: class centres, and a margin on the cosine."""

from torch import Tensor

from train.losses.class_centres import ClassCentreLoss, SyntheticRole
from train.losses.ranges import CosineMargin, Positive


class CosFaceLoss(ClassCentreLoss):
    """Additive cosine margin: the target's cosine c becomes c - margin.

    Wang et al.: CosFace: Large Margin Cosine Loss for Deep Face Recognition, CVPR 2018.

    Args:
        embedding_size, identities, scale, synthetic: see `ClassCentreLoss`.
        margin: m, 0 to 2.
    """

    def __init__(
        self,
        embedding_size: int,
        identities: int,
        margin: CosineMargin = 0.35,
        scale: Positive = 64.0,
        synthetic: SyntheticRole = "negative",
    ) -> None:
        super().__init__(embedding_size, identities, scale, synthetic)
        self.margin = margin

    def with_margin(self, cosine: Tensor, norms: Tensor) -> Tensor:
        """See `ClassCentreLoss.with_margin`; `norms` play no part."""
        return cosine - self.margin
