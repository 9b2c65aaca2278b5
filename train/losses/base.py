"""What every loss promises."""

from torch import Tensor, nn


class FaceLoss(nn.Module):
    """A loss over one batch of faces."""

    def forward(self, embeddings: Tensor, identities: Tensor, synthetic: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            embeddings: (N, D) float32 of unit length.
            identities: (N,) int64; equal numbers for the same person.
            synthetic: (N,) bool; true for a synthetic face.

        Returns a scalar with gradient.
        """
        raise NotImplementedError
