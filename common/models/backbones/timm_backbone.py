"""Any network of the timm library (Wightman, PyTorch Image Models) as a backbone: its features, our head."""

from typing import Any

from torch import Tensor, nn

from common.models.backbones.initialise import initialise
from common.models.backbones.network import Backbone
from common.models.backbones.sizes import check_size
from common.models.backbones.timm_names import check_timm_name
from common.models.backbones.timm_stages import group_layers
from common.models.backbones.timm_trunk import as_map, create_trunk, plan_trunk

DROPOUT = 0.4  # as in the published IR networks


class TimmBackbone(Backbone):
    """A network of timm up to its last features, then BN - dropout - linear - BN as in the IR networks.

    The head sees every place of a feature map, or every token of a transformer, class token included: faces
    are aligned, so what a feature means depends on where it is. `trunk` has timm's names of parameters; what
    timm puts behind the features (pooling, last norm, classifier) is left out.

    Args:
        size: pixels of a crop's side.
        name: of the network in timm, without prefix; with or without a tag. Weights are random all the same.
        embedding_size: length of the embedding.

    Raises UserError for a name that timm does not have, a size that the network cannot take, and a
    network whose features are neither a map nor tokens.
    """

    def __init__(self, size: int, name: str, embedding_size: int = 512) -> None:
        super().__init__()
        check_size(size)
        check_timm_name(name)
        self.embedding_size = embedding_size
        plan = plan_trunk(name, size)
        self.options = plan.options  # for timm, of the trunk before it was cut
        self.trunk: Any = create_trunk(plan)
        self.head = nn.Sequential(
            nn.BatchNorm2d(plan.channels),
            nn.Dropout(DROPOUT),
            nn.Flatten(),
            nn.Linear(plan.channels * plan.places, embedding_size),
            nn.BatchNorm1d(embedding_size, affine=False),
        )
        initialise(self.head)
        self._layout = plan.layout

    def forward(self, images: Tensor) -> Tensor:
        """See `Backbone.forward`."""
        embeddings: Tensor = self.head(as_map(self.trunk.forward_features(images), self._layout))
        return embeddings

    def stages(self) -> list[nn.Module]:
        """See `Backbone.stages`: those of timm, then the head."""
        return [*group_layers(self.trunk), self.head]
