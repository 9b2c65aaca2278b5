"""Any network of the timm library (Wightman, PyTorch Image Models), whole, with one logit."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from common.models.backbones.timm_names import PREFIX
from common.models.backbones.timm_stages import group_layers
from common.models.backbones.timm_trunk import FAILURES, size_refusal
from common.models.networks.network import ClassifierNetwork
from common.runtime.errors import UserError


class TimmNetwork(ClassifierNetwork):
    """A network of timm with timm's own pooling and head; `model` has timm's names of parameters.

    Args:
        size: pixels of a crop's side.
        dropout: of the features before the last layer.
        name: in timm, without prefix, with or without a tag; weights are random all the same.

    Raises UserError for a size that the network cannot take.
    """

    def __init__(self, size: int, dropout: float, name: str) -> None:
        super().__init__()
        self._name = name
        self.options = timm_options(name, size, dropout)  # of timm.create_model, for published weights
        self.model = create_timm(name, self.options)

    def forward(self, images: Tensor) -> Tensor:
        """See `ClassifierNetwork.forward`."""
        logits: Tensor = self.model(images)
        return logits

    def stages(self) -> list[nn.Module]:
        """See `ClassifierNetwork.stages`: those of timm."""
        return group_layers(self.model)

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


def timm_options(name: str, size: int, dropout: float) -> dict[str, Any]:
    """Arguments of `timm.create_model` for one logit of crops of `size` pixels; `name` must be known.

    Raises UserError that names sizes that work when this one does not, or that tells why none does.
    """
    try:
        return _options(name, size, dropout)
    except FAILURES as error:
        failure = error
    raise size_refusal(name, size, failure, "a classifier", lambda other: _fits(name, other))


def create_timm(name: str, options: dict[str, Any]) -> Any:
    """The network of timm with random weights."""
    import timm

    return timm.create_model(name, pretrained=False, **options)


def _fits(name: str, size: int) -> bool:
    try:
        _options(name, size, 0.0)
    except FAILURES:
        return False
    return True


def _options(name: str, size: int, dropout: float) -> dict[str, Any]:
    rest: dict[str, Any] = {"num_classes": 1} | ({"drop_rate": dropout} if dropout else {})
    # transformers have to be told the size, convolutional networks do not know the word
    try:
        return _tried(name, size, {"img_size": size, **rest})
    except FAILURES as error:
        told = None if isinstance(error, TypeError) else error
    try:
        return _tried(name, size, rest)
    except FAILURES as error:
        raise told or error from error


def _tried(name: str, size: int, options: dict[str, Any]) -> dict[str, Any]:
    """The options, if a network made with them gives one logit. Needs neither memory nor arithmetic."""
    with torch.device("meta"), torch.inference_mode():
        logits = create_timm(name, options).eval()(torch.zeros(1, 3, size, size))
    if not isinstance(logits, Tensor) or logits.shape != (1, 1):
        raise ValueError("it does not give one logit")
    return options
