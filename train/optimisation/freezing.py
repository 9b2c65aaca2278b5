"""Early stages of a backbone that keep their weights."""

from torch import nn

from common.models.encoder import Encoder
from common.runtime.errors import UserError


class FrozenStages:
    """The first `count` stages of an encoder: no gradient, and batch statistics that stay.

    Raises UserError when nothing would be left to train.
    """

    def __init__(self, encoder: Encoder, count: int) -> None:
        stages = encoder.backbone.stages()
        if count >= len(stages):
            raise UserError(
                f"{encoder.backbone_name} has {len(stages)} stages; --freeze must be less than that"
            )
        self._stages: list[nn.Module] = stages[:count]
        for stage in self._stages:
            stage.requires_grad_(False)

    def hold(self) -> None:
        """To be called after the encoder was put into train mode: frozen stages go back to eval mode."""
        for stage in self._stages:
            stage.eval()
