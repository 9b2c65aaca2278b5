"""How a network of timm is made for a size of crop, found without memory or arithmetic."""

from collections.abc import Callable
from typing import Any

import torch

from common.models.backbones.timm_names import PREFIX
from common.models.backbones.timm_trunk import FAILURES, size_refusal
from common.models.networks.timm_name import DEPTHS
from common.runtime.errors import UserError


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


def check_depths(name: str, depths: tuple[int, ...]) -> None:
    """Raises UserError unless timm's network `name` can be made with so many blocks in each stage."""
    told = DEPTHS + "-".join(map(str, depths))
    try:
        with torch.device("meta"):
            made = len(create_timm(name, {"depths": depths}).feature_info)
    except TypeError as error:
        raise UserError(
            f"{PREFIX}{name} takes no depths; leave {told} out, or choose one that does, such as "
            f"{PREFIX}convnextv2_tiny"
        ) from error
    except FAILURES:
        made = 0
    if made != len(depths):
        with torch.device("meta"):
            stages = len(create_timm(name, {}).feature_info)
        raise UserError(f"{PREFIX}{name} has {stages} stages; name the blocks of each in the place of {told}")


def _fit(name: str, size: int, rest: dict[str, Any], check: Callable[[Any], None]) -> dict[str, Any]:
    failures: list[Exception] = []
    # transformers have to be told the size, convolutional networks do not know the word
    for options in ({"img_size": size, **rest}, rest):
        try:
            with torch.device("meta"), torch.inference_mode():
                check(create_timm(name, options).eval()(torch.zeros(1, rest.get("in_chans", 3), size, size)))
        except FAILURES as error:
            failures.append(error)
        else:
            return options
    told = [error for error in failures if not isinstance(error, TypeError)]
    raise (told or failures)[-1]
