"""The backbone of a face recogniser with one logit over its embedding."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.models.backbones import Backbone, create_backbone
from common.models.networks.network import ClassifierNetwork
from common.runtime.errors import UserError

FACE_PREFIX = "face:"  # of names of networks
RGB_CHANNELS = 3
MAP_AXES = 4


class FaceNetwork(ClassifierNetwork):
    """A recogniser's backbone, `backbone`, and a linear layer over its embedding, of unit length times √D.

    The length of an embedding tells the quality of a picture, which is no trace of a forgery.

    Args:
        size: pixels of a crop's side; published recognisers see 112 in the template `arcface`.
        dropout: of the embedding.
        in_channels: 3; recognisers see colours alone.
        name: as in `create_backbone`.

    Raises UserError for a size that the backbone cannot take, and for other channels.
    """

    def __init__(self, size: int, dropout: float, in_channels: int, name: str) -> None:
        super().__init__()
        if in_channels != RGB_CHANNELS:
            raise UserError(f"{FACE_PREFIX}{name} sees rgb alone; add --planes rgb")
        self._size = size
        self.backbone: Backbone = create_backbone(name, size)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.backbone.embedding_size, 1)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        direction = functional.normalize(self.backbone(images).float())
        logits: Tensor = self.head(self.dropout(direction * math.sqrt(direction.shape[1])))
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: those of the backbone, and the linear layer."""
        return [*self.backbone.stages(), self.head]

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`: the last layer with a map of more than one place."""
        found: list[nn.Module] = []

        def look(layer: nn.Module, _: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == MAP_AXES and min(output.shape[2:]) > 1:
                found.append(layer)

        leaves = [layer for layer in self.backbone.modules() if not list(layer.children())]
        hooks = [layer.register_forward_hook(look) for layer in leaves]
        training = self.backbone.training
        try:
            with torch.inference_mode():
                device = next(self.backbone.parameters()).device
                self.backbone.eval()(torch.zeros(1, RGB_CHANNELS, self._size, self._size, device=device))
        finally:
            self.backbone.train(training)
            for hook in hooks:
                hook.remove()
        if not found:
            raise UserError("this backbone has no heat maps: no layer of it gives a map")
        return found[-1]
