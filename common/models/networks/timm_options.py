"""How a network of timm is made for a size of crop, found without memory or arithmetic."""

from collections.abc import Callable
from typing import Any

import torch

from common.models.backbones.timm_trunk import FAILURES, size_refusal


def fit_options(name: str, size: int, rest: dict[str, Any], check: Callable[[Any], None]) -> dict[str, Any]:
    """Arguments of `timm.create_model` for crops of `size` pixels: `rest`, and the size if it has to be told.

    Args:
        name: without prefix, known to timm.
        check: raises ValueError unless what the network gives for one crop is what is wanted.

    Raises UserError that names sizes that work when this one does not, or that tells why none does.
    """
    try:
        return _fit(name, size, rest, check)
    except FAILURES as error:
        failure = error

    def fits(other: int) -> bool:
        try:
            _fit(name, other, rest, check)
        except FAILURES:
            return False
        return True

    raise size_refusal(name, size, failure, "a classifier", fits)


def create_timm(name: str, options: dict[str, Any], pretrained: bool = False) -> Any:
    """The network of timm, with random or with published weights."""
    import timm

    return timm.create_model(name, pretrained=pretrained, **options)


def _fit(name: str, size: int, rest: dict[str, Any], check: Callable[[Any], None]) -> dict[str, Any]:
    failures: list[Exception] = []
    # transformers have to be told the size, convolutional networks do not know the word
    for options in ({"img_size": size, **rest}, rest):
        try:
            with torch.device("meta"), torch.inference_mode():
                check(create_timm(name, options).eval()(torch.zeros(1, 3, size, size)))
        except FAILURES as error:
            failures.append(error)
        else:
            return options
    told = [error for error in failures if not isinstance(error, TypeError)]
    raise (told or failures)[-1]
