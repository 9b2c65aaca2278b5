"""The encoder: a backbone together with what it expects of its input."""

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from common.backbones import create_backbone


class InputFormat(BaseModel):
    """How 8-bit RGB becomes what a backbone was trained on: `(value - mean) / scale`, in `colour` order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = 112  # pixels, both sides
    colour: Literal["RGB", "BGR"] = "RGB"
    mean: float = 127.5
    scale: float = Field(127.5, gt=0)


class Encoder(nn.Module):
    """Maps 8-bit RGB crops to embeddings of unit length: their dot product is the cosine similarity."""

    def __init__(self, backbone_name: str, input_format: InputFormat | None = None) -> None:
        super().__init__()
        self.backbone_name = backbone_name
        self.input_format = input_format or InputFormat()
        self.backbone = create_backbone(backbone_name).to(memory_format=torch.channels_last)

    @property
    def embedding_size(self) -> int:
        """Length of an embedding."""
        return self.backbone.embedding_size

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) RGB in 0..255, any dtype, to (N, embedding_size) float32 of unit length."""
        images = crops.to(dtype=torch.float32, memory_format=torch.channels_last)
        if self.input_format.colour == "BGR":
            images = images.flip(1)
        images = (images - self.input_format.mean) / self.input_format.scale
        return functional.normalize(self.backbone(images).float(), dim=1)

    def embed(self, crops: Tensor) -> Tensor:
        """Embeddings averaged over the crop and its mirror image, as is usual in verification.

        Same shapes as `forward`; without gradient. The caller puts the module in eval mode.
        """
        with torch.inference_mode():
            return functional.normalize(self(crops) + self(crops.flip(3)), dim=1)
