"""A loss of one's own, under a name that `--loss` takes.

    python examples/own_loss.py train run --loss squared_margin --set loss.parameters.margin=0.4

What follows the script is a command of `facetrust`, which then knows one loss more.
"""

from torch import Tensor

import facetrust as ft
from facetrust.cli import main


class SquaredMargin(ft.losses.FaceLoss):
    """Genuine pairs of a batch are pulled to cosine 1, all others pushed below a margin."""

    def __init__(self, margin: float = 0.3) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, batch: ft.losses.EmbeddedBatch) -> Tensor:
        cosines = batch.embeddings @ batch.embeddings.T  # (N, N): embeddings are of unit length
        real = ~batch.synthetic
        genuine = (batch.identities[:, None] == batch.identities) & real[:, None] & real
        losses = ((1 - cosines) * genuine + (cosines - self.margin).clamp(min=0) * ~genuine).square()
        others = losses.numel() - len(losses)  # a face is no pair with itself
        return losses.fill_diagonal_(0).sum() / max(others, 1)


ft.losses.LOSSES["squared_margin"] = SquaredMargin

if __name__ == "__main__":
    main()
