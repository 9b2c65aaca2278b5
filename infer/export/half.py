"""Networks that compute in fp16, for export."""

import copy

from torch import Tensor

from common.models.backbones import Backbone
from common.models.classifier import Classifier
from common.models.fused.encoder import AnyEncoder, FusedEncoder
from common.models.networks.network import ClassifierNetwork


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


def in_half(encoder: AnyEncoder) -> AnyEncoder:
    """A copy whose backbone computes in fp16; the scaling of pixels and the embeddings stay in float32.

    Of a fused encoder both towers do, and what joins them stays in float32.
    """
    changed = copy.deepcopy(encoder)
    if isinstance(changed, FusedEncoder):
        changed.recogniser.backbone = HalfBackbone(changed.recogniser.backbone)
        changed.classifier = classifier_in_half(changed.classifier)
    else:
        changed.backbone = HalfBackbone(changed.backbone)
    return changed


class HalfNetwork(ClassifierNetwork):
    """The network of a classifier in fp16 between inputs and logits in float32."""

    def __init__(self, network: ClassifierNetwork) -> None:
        super().__init__()
        self.network = network.half()

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        logits: Tensor = self.network(images.half()).float()
        return logits


def classifier_in_half(classifier: Classifier) -> Classifier:
    """A copy whose network computes in fp16; the scaling of pixels and the logits stay in float32."""
    changed = copy.deepcopy(classifier)
    changed.network = HalfNetwork(changed.network)
    return changed
