"""The names that `--backbone` takes, and the networks behind them."""

from collections.abc import Callable
from functools import partial

from common.backbones.iresnet import FULL_WIDTH, LITE_WIDTH, ImprovedResNet
from common.backbones.mobilefacenet import MobileFaceNet
from common.backbones.network import Backbone
from common.errors import UserError

BACKBONES: dict[str, Callable[[], Backbone]] = {
    "ir_18": partial(ImprovedResNet, (2, 2, 2, 2), FULL_WIDTH),
    "ir_34": partial(ImprovedResNet, (3, 4, 6, 3), FULL_WIDTH),
    "ir_50": partial(ImprovedResNet, (3, 4, 14, 3), FULL_WIDTH),
    "ir_101": partial(ImprovedResNet, (3, 13, 30, 3), FULL_WIDTH),
    "ir_lite": partial(
        ImprovedResNet, (1, 1, 1, 1), LITE_WIDTH, embedding_size=128, stem_stride=2, dropout=0.0
    ),
    "mobilefacenet": MobileFaceNet,
}


def create_backbone(name: str) -> Backbone:
    """A new network with random weights, drawn from torch's global generator.

    Raises UserError for a name that is not in `BACKBONES`.
    """
    if name not in BACKBONES:
        raise UserError(f"unknown backbone '{name}'; choose one of {', '.join(BACKBONES)}")
    return BACKBONES[name]()
