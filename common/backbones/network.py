"""What every backbone promises."""

from torch import Tensor, nn

FACE_SIZE = 112


class Backbone(nn.Module):
    """Maps (N, 3, 112, 112) float32 in the backbone's own colour order and scale to (N, embedding_size).

    Embeddings are not normalised here: the length carries image quality in some published models.
    """

    embedding_size: int

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings (N, embedding_size), float32."""
        raise NotImplementedError
