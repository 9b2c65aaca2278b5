"""A backbone that computes in fp16, for export."""

import copy

from torch import Tensor

from common.models.backbones import Backbone
from common.models.encoder import Encoder


class HalfBackbone(Backbone):
    """A backbone in fp16 between inputs and embeddings in float32.

    torch makes it, before the export. The converters of finished graphs (`onnxruntime.transformers.float16`,
    from onnxconverter-common) round between any two nodes that are to stay in float32, and left the nodes of
    these graphs in an order that `onnx.checker` refuses.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.embedding_size = backbone.embedding_size
        self.backbone = backbone.half()

    def forward(self, images: Tensor) -> Tensor:
        """See `Backbone.forward`."""
        embeddings: Tensor = self.backbone(images.half()).float()
        return embeddings


def in_half(encoder: Encoder) -> Encoder:
    """A copy whose backbone computes in fp16; the scaling of pixels and the embeddings stay in float32."""
    changed = copy.deepcopy(encoder)
    changed.backbone = HalfBackbone(changed.backbone)
    return changed
