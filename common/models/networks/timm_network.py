"""Any network of the timm library (Wightman, PyTorch Image Models), whole, with one logit."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from common.models.backbones.timm_names import PREFIX
from common.models.backbones.timm_stages import group_layers
from common.models.backbones.timm_trunk import FAILURES
from common.models.networks.network import ClassifierNetwork
from common.models.networks.timm_options import create_timm, fit_options
from common.runtime.errors import UserError

HEAD_SPREAD = 0.01  # standard deviation of the weights of a new last layer


class TimmNetwork(ClassifierNetwork):
    """A network of timm with timm's own pooling and head; `model` has timm's names of parameters.

    Args:
        size: pixels of a crop's side.
        dropout: of the features before the last layer.
        name: in timm, without prefix, with or without a tag; weights are random all the same.
        own: see `TimmName.options`.

    Raises UserError for a size that the network cannot take.
    """

    def __init__(self, size: int, dropout: float, name: str, own: Mapping[str, Any]) -> None:
        super().__init__()
        self._name, self._size = name, size
        rest = {"num_classes": 1, **own} | ({"drop_rate": dropout} if dropout else {})
        self.options = fit_options(name, size, rest, _check_one_logit)
        self.model = create_timm(name, self.options)
        _begin_undecided(self.model)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        logits: Tensor = self.model(images)
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: those of timm."""
        return group_layers(self.model)

    def take_head_off(self) -> int:
        """See `ClassifierNetwork.take_head_off`: as timm does."""
        options = {**self.options, "num_classes": 0}
        channels = options.get("in_chans", 3)
        try:
            with torch.device("meta"), torch.inference_mode():
                images = torch.zeros(1, channels, self._size, self._size)
                features = create_timm(self._name, options).eval()(images)
            _, count = features.shape
        except (*FAILURES, ValueError) as error:
            raise UserError(
                f"{PREFIX}{self._name} gives no one vector of features for a head over time; choose another"
            ) from error
        self.model.reset_classifier(0)
        return int(count)

    @property
    def explanation_format(self) -> str | None:
        """See `ClassifierNetwork.explanation_format`."""
        return getattr(self.model, "output_fmt", None)

    @property
    def explanation_layer(self) -> nn.Module:
        """See `ClassifierNetwork.explanation_layer`: the last of timm's `feature_info`.

        Where a class token gives the answer, the other tokens behind the last block have no say in it: read
        is then what goes into that block.
        """
        blocks = getattr(self.model, "blocks", None)
        if getattr(self.model, "global_pool", "") == "token" and isinstance(blocks, Sequence | nn.Sequential):
            return nn.Module.get_submodule(blocks[-1], "norm1")
        try:
            stated = self.model.feature_info
            last = (stated if isinstance(stated, list) else stated.get_dicts())[-1]
            layer: nn.Module = self.model.get_submodule(last["module"])
        except (AttributeError, IndexError, KeyError) as error:
            raise UserError(
                f"{PREFIX}{self._name} has no heat maps: timm names no last feature map of it"
            ) from error
        return layer


def _begin_undecided(model: Any) -> None:
    """Make the weights of the last layer small: some of timm's are drawn for a thousand classes.

    Those of EfficientNet would give a single logit of tens, and what is published below it would be lost in
    the first steps.
    """
    heads = model.get_classifier()
    for head in heads if isinstance(heads, tuple | list) else (heads,):
        for layer in head.modules():
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=HEAD_SPREAD)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)


def _check_one_logit(answer: Any) -> None:
    if not isinstance(answer, Tensor) or answer.shape != (1, 1):
        raise ValueError("it does not give one logit")
