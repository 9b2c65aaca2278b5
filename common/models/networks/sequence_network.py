"""A network of a classifier whose last layer looks at the frames of a track in the light of each other."""

import torch
from torch import Tensor, nn

from common.models.networks.heads_over_time import HeadOverTime
from common.models.networks.network import ClassifierNetwork
from common.models.temporal_names import Temporal


class SequenceNetwork(ClassifierNetwork):
    """`trunk`, a network without its last layer, sees each frame; `over_time` what it says of all of them.

    Args:
        trunk: whose last layer is taken off.
        kind: of the head, one that is learnt.
        dropout: of the head.

    Raises UserError for a trunk whose last layer cannot be taken off.
    """

    def __init__(self, trunk: ClassifierNetwork, kind: Temporal, dropout: float) -> None:
        super().__init__()
        features = trunk.take_head_off()
        self.trunk = trunk
        self.over_time = HeadOverTime(features, kind, dropout)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`: each image is a sequence of one."""
        places = torch.arange(len(images), device=images.device)[:, None]
        return self.steps(images, places)

    def steps(self, images: Tensor, places: Tensor) -> Tensor:
        """The logit of each step of B sequences, (B, T) float32; that of a sequence is their mean.

        Args:
            images: (N, channels, size, size), of all sequences.
            places: (B, T) int64, which image a step is, from its first step on; -1 behind its last one, where
                the logit is 0.
        """
        features = self.trunk(images)
        logits: Tensor = self.over_time(features[places.clamp(min=0)], places >= 0)
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: those of the trunk, and the head."""
        return [*self.trunk.stages(), self.over_time]

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`: that of the trunk."""
        return self.trunk.explanation_layer

    @property
    def explanation_format(self) -> str | None:
        """See `ClassifierNetwork.explanation_format`: that of the trunk."""
        return self.trunk.explanation_format

    @property
    def explanation_gates(self) -> list[nn.Module]:
        """See `ClassifierNetwork.explanation_gates`: those of the trunk."""
        return self.trunk.explanation_gates
