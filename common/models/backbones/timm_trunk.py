"""A timm network cut behind its features, and the shape of these, found without memory or arithmetic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from common.models.backbones.sizes import LARGEST, SMALLEST
from common.models.backbones.timm_names import timm_size
from common.runtime.errors import UserError, first_line

Layout = Literal["NCHW", "NHWC", "NLC"]  # N crops, C channels, H x W places or L tokens
STEP = 32  # pixels; the stride of most networks
FAILURES = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, AttributeError, ArithmeticError)


@dataclass(frozen=True)
class TrunkPlan:
    """How to make a trunk, and what it will give."""

    name: str
    options: dict[str, Any]  # for timm.create_model
    layout: Layout
    channels: int
    places: int  # H x W, or the tokens with class and register tokens
    unused: frozenset[str]  # parameters that the features do not depend on


def plan_trunk(name: str, size: int) -> TrunkPlan:
    """How to make the network `name`, which timm must know, for crops of `size` pixels.

    Raises UserError that names sizes that work when this one does not, or that tells why none does.
    """
    try:
        return _plan(name, size)
    except FAILURES as error:
        failure = error
    raise size_refusal(name, size, failure, "a backbone", lambda other: _fits(name, other))


def size_refusal(
    name: str, size: int, failure: Exception, part: str, fits: Callable[[int], bool]
) -> UserError:
    """The error of a network of timm that failed at `size` pixels.

    It names the sizes near by that `fits`; where none does, why the network cannot be `part`.
    """
    near = {size // STEP * STEP, size // STEP * STEP + STEP, timm_size(name) or size} - {size}
    fitting = [str(other) for other in sorted(near) if SMALLEST <= other <= LARGEST and fits(other)]
    if not fitting:
        return UserError(f"timm:{name} cannot be {part}: {first_line(failure)}")
    return UserError(f"timm:{name} does not take crops of {size} pixels; choose {' or '.join(fitting)}")


def create_trunk(plan: TrunkPlan) -> nn.Module:
    """The network with random weights, without the layers behind its features.

    Parameters that the features do not depend on and that cannot be cut off need no gradient.
    """
    trunk: nn.Module = _create(plan.name, plan.options)
    for child_name, child in list(trunk.named_children()):
        inside = {f"{child_name}.{name}" for name, _ in child.named_parameters()}
        if inside and inside <= plan.unused:
            setattr(trunk, child_name, nn.Identity())
    for name, parameter in trunk.named_parameters():
        if name in plan.unused:
            parameter.requires_grad_(False)
    return trunk


def as_map(features: Tensor, layout: Layout) -> Tensor:
    """Features of any layout as (N, C, H, W); L tokens become L x 1 places."""
    if layout == "NLC":
        return features.transpose(1, 2).unsqueeze(3)
    return features.permute(0, 3, 1, 2) if layout == "NHWC" else features


def _fits(name: str, size: int) -> bool:
    try:
        _plan(name, size)
    except FAILURES:
        return False
    return True


def _plan(name: str, size: int) -> TrunkPlan:
    failures: list[Exception] = []
    # transformers have to be told the size, convolutional networks do not know the word;
    # a few networks cannot be made without pooling, but have features in front of it like all others
    for options in ({"img_size": size, "global_pool": ""}, {"global_pool": ""}, {}, {"img_size": size}):
        try:
            return _try(name, size, options)
        except FAILURES as error:
            failures.append(error)
    told = [error for error in failures if not isinstance(error, TypeError)]
    raise (told or failures)[-1]


def _try(name: str, size: int, options: dict[str, Any]) -> TrunkPlan:
    with torch.device("meta"), torch.inference_mode(False), torch.enable_grad():
        trunk = _create(name, options).eval()
        features = trunk.forward_features(torch.zeros(1, 3, size, size))
        if not isinstance(features, Tensor) or features.ndim not in (3, 4):
            raise UserError(f"timm:{name} cannot be a backbone: its features are neither one map nor tokens")
        unused = unused_parameters(trunk, features)
    layout = features_layout(features, getattr(trunk, "output_fmt", None))
    channels, *sides = as_map(features, layout).shape[1:]
    return TrunkPlan(name, options, layout, channels, sides[0] * sides[1], unused)


def unused_parameters(trunk: nn.Module, features: Tensor) -> frozenset[str]:
    """The names of the parameters that want a gradient and that features of the network do not depend on."""
    trained = {key: value for key, value in trunk.named_parameters() if value.requires_grad}
    gradients = torch.autograd.grad(features.sum(), list(trained.values()), allow_unused=True)
    return frozenset(key for key, gradient in zip(trained, gradients, strict=True) if gradient is None)


def _create(name: str, options: dict[str, Any]) -> Any:
    import timm

    return timm.create_model(name, pretrained=False, num_classes=0, **options)


def features_layout(features: Tensor, stated: str | None) -> Layout:
    """The layout of features of a square crop; `stated` is timm's word for it, where it has one."""
    if features.ndim == 3:
        return "NLC"
    _, first, second, third = features.shape
    if first == second == third:  # as many channels as rows: nothing but timm's word tells
        return "NHWC" if stated == "NHWC" else "NCHW"
    return "NHWC" if first == second else "NCHW"  # crops are square, and so are their maps
