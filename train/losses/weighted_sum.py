"""A weighted sum of losses."""

from collections.abc import Sequence

from torch import Tensor, nn

from train.losses.base import FaceLoss


class WeightedSum(FaceLoss):
    """The sum of `weight * loss(batch)` over its parts."""

    def __init__(self, parts: Sequence[tuple[float, FaceLoss]]) -> None:
        super().__init__()
        self.weights = [weight for weight, _ in parts]
        self.losses = nn.ModuleList(loss for _, loss in parts)

    def forward(self, embeddings: Tensor, identities: Tensor, synthetic: Tensor) -> Tensor:
        """See `FaceLoss.forward`."""
        terms = [loss(embeddings, identities, synthetic) for loss in self.losses]
        return sum(
            (weight * term for weight, term in zip(self.weights, terms, strict=True)),
            embeddings.new_zeros(()),
        )
