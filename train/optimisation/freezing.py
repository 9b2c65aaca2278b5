"""Freezing of the early stages of a network."""

from collections.abc import Sequence

from torch import nn

from common.runtime.errors import UserError


class FrozenStages:
    """The first `count` of the stages of a network: no gradient, and batch statistics that stay.

    Raises UserError when nothing would be left to train.
    """

    def __init__(self, stages: Sequence[nn.Module], count: int, network_name: str) -> None:
        if count and count >= len(stages):
            raise UserError(f"{network_name} has {len(stages)} stages; --freeze must be less than that")
        self._stages = stages[:count]
        for stage in self._stages:
            stage.requires_grad_(False)

    def hold(self) -> None:
        """To be called after the network was put into train mode: frozen stages go back to eval mode."""
        for stage in self._stages:
            stage.eval()
