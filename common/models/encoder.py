"""The encoder: a backbone together with what it expects of its input."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.backbones import create_backbone
from common.models.input_format import InputFormat, Normalise, channels_last, default_input_format
from common.runtime.float32 import exact_float32


class Encoder(nn.Module):
    """Maps 8-bit RGB crops to embeddings.

    `forward` gives them as the backbone does, for training: some losses read their length. `embed` gives them
    with unit length, for comparing: their dot product is the cosine similarity.

    Args:
        backbone_name: as in `create_backbone`; the weights are random.
        input_format: that of the backbone by default.

    Raises UserError for a name or a size that there is no backbone for.
    """

    def __init__(self, backbone_name: str, input_format: InputFormat | None = None) -> None:
        super().__init__()
        self.backbone_name = backbone_name
        self.input_format = input_format or default_input_format(backbone_name)
        self.backbone = create_backbone(backbone_name, self.input_format.size)
        channels_last(self.backbone)
        self.normalise = Normalise(self.input_format)

    @property
    def embedding_size(self) -> int:
        """Length of an embedding."""
        return self.backbone.embedding_size

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) RGB in 0..255, any dtype, to (N, embedding_size) float32, not normalised."""
        embeddings: Tensor = self.backbone(self.normalise(crops)).float()
        return embeddings

    def embed(self, crops: Tensor) -> Tensor:
        """Embeddings averaged over the crop and its mirror image, as is usual in verification.

        Takes what `forward` takes and gives (N, embedding_size) float32 of unit length, without gradient
        and without TF32. The caller puts the module in eval mode.
        """
        with torch.inference_mode(), exact_float32():
            seen = functional.normalize(self(crops), dim=1)
            mirrored = functional.normalize(self(crops.flip(3)), dim=1)
            return functional.normalize(seen + mirrored, dim=1)
