"""SimpleViT (Beyer, Zhai, Kolesnikov, "Better plain ViT baselines for ImageNet-1k", 2022).

Its places are told by fixed sines, and the mean of all tokens takes the place of a class token. Depth, heads
and widths are those of ViT-4-12-512-1024 of a published comparison of networks on synthetic faces.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.networks.network import ClassifierNetwork
from common.runtime.errors import UserError

PATCH = 32  # pixels
DEPTH, HEADS, HEAD_WIDTH, WIDTH, MLP_WIDTH = 4, 12, 64, 512, 1024
TEMPERATURE = 10_000


class Block(nn.Module):
    """LayerNorm and attention of all tokens, then LayerNorm and an MLP; each is added to its input."""

    def __init__(self) -> None:
        super().__init__()
        inner = HEADS * HEAD_WIDTH
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * inner, bias=False)
        self.projection = nn.Linear(inner, WIDTH, bias=False)
        self.mlp = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, MLP_WIDTH), nn.GELU(), nn.Linear(MLP_WIDTH, WIDTH)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, L, WIDTH) to the same shape."""
        qkv = self.qkv(self.attention_norm(tokens)).view(*tokens.shape[:2], 3, HEADS, HEAD_WIDTH)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.projection(attended.transpose(1, 2).flatten(2))
        mixed: Tensor = tokens + self.mlp(tokens)
        return mixed


class SimpleViT(ClassifierNetwork):
    """SimpleViT with one logit.

    Args:
        size: pixels of a crop's side, a multiple of 32; 256 as published.
        dropout: of the features before the last layer; 0 as published.
        in_channels: of the images; 3 as published.

    Raises UserError for another size.
    """

    positions: Tensor

    def __init__(self, size: int, dropout: float, in_channels: int = 3) -> None:
        super().__init__()
        if size % PATCH:
            lower = max(size // PATCH, 1) * PATCH
            choice = lower if size < PATCH else f"a multiple of {PATCH}, such as {lower} or {lower + PATCH}"
            raise UserError(f"simple_vit cannot take crops of {size} pixels; choose {choice}")
        pixels = in_channels * PATCH**2
        self.patches = nn.Sequential(nn.LayerNorm(pixels), nn.Linear(pixels, WIDTH), nn.LayerNorm(WIDTH))
        self.register_buffer("positions", _positions(size // PATCH), persistent=False)
        self.blocks = nn.Sequential(*(Block() for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(WIDTH)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(WIDTH, 1)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        count, colours, height, width = images.shape
        cut = images.reshape(count, colours, height // PATCH, PATCH, width // PATCH, PATCH)
        patches = (
            cut.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)
        )  # rows, columns, colours: as published
        tokens = self.patches(patches) + self.positions
        features = self.norm(self.blocks(tokens)).mean(1)
        logits: Tensor = self.head(self.dropout(features))
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: the patches, each block, the head."""
        return [self.patches, *self.blocks, nn.ModuleList([self.norm, self.head])]

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`."""
        return self.norm


def _positions(side: int) -> Tensor:
    """Sines and cosines of the column and the row of each of side x side patches, (side², WIDTH) float32."""
    # values, not weights: real even where the module is made on the meta device
    with torch.device("cpu"):
        scales = TEMPERATURE ** -(torch.arange(WIDTH // 4) / (WIDTH // 4 - 1))
        rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        angles = [places.flatten()[:, None] * scales for places in (columns, rows)]
        return torch.cat([wave for angle in angles for wave in (angle.sin(), angle.cos())], dim=1)
