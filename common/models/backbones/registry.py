"""The names that `--backbone` takes, and the networks behind them."""

from collections.abc import Callable
from functools import partial

from common.models.backbones.arcface_iresnet import ArcFaceIResNet
from common.models.backbones.iresnet import FULL_WIDTH, LITE_WIDTH, ImprovedResNet
from common.models.backbones.mobilefacenet import MobileFaceNet
from common.models.backbones.network import FACE_SIZE, Backbone
from common.models.backbones.timm_backbone import TimmBackbone
from common.models.backbones.timm_names import PREFIX, Triple, check_timm_name, timm_normalisation
from common.runtime.errors import UserError

# each takes the pixels of a crop's side
BACKBONES: dict[str, Callable[[int], Backbone]] = {
    "ir_18": partial(ImprovedResNet, blocks=(2, 2, 2, 2), width=FULL_WIDTH),
    "ir_34": partial(ImprovedResNet, blocks=(3, 4, 6, 3), width=FULL_WIDTH),
    "ir_50": partial(ImprovedResNet, blocks=(3, 4, 14, 3), width=FULL_WIDTH),
    "ir_101": partial(ImprovedResNet, blocks=(3, 13, 30, 3), width=FULL_WIDTH),
    "ir_se_50": partial(ImprovedResNet, blocks=(3, 4, 14, 3), width=FULL_WIDTH, squeeze=True),
    "iresnet_18": partial(ArcFaceIResNet, blocks=(2, 2, 2, 2)),
    "iresnet_34": partial(ArcFaceIResNet, blocks=(3, 4, 6, 3)),
    "iresnet_50": partial(ArcFaceIResNet, blocks=(3, 4, 14, 3)),
    "iresnet_100": partial(ArcFaceIResNet, blocks=(3, 13, 30, 3)),
    "iresnet_200": partial(ArcFaceIResNet, blocks=(6, 26, 60, 6)),
    "ir_lite": partial(
        ImprovedResNet, blocks=(1, 1, 1, 1), width=LITE_WIDTH, embedding_size=128, stem_stride=2, dropout=0.0
    ),
    "mobilefacenet": MobileFaceNet,
}


def check_backbone_name(name: str) -> None:
    """Raises UserError unless `create_backbone` knows `name`."""
    if name.startswith(PREFIX):
        check_timm_name(name.removeprefix(PREFIX))
    elif name not in BACKBONES:
        raise UserError(f"unknown backbone '{name}'; choose one of {', '.join(BACKBONES)}, or {PREFIX}NAME")


def create_backbone(name: str, size: int = FACE_SIZE) -> Backbone:
    """A new network with random weights, drawn from torch's global generator.

    Args:
        name: one of `BACKBONES`, or `timm:NAME` for any network of timm that gives a feature map or tokens.
        size: pixels of a crop's side. Our own take multiples of 16; of timm's networks many take any size.

    Raises UserError for an unknown name, and for a size that this network cannot take.
    """
    check_backbone_name(name)
    if name.startswith(PREFIX):
        return TimmBackbone(size, name.removeprefix(PREFIX))
    return BACKBONES[name](size)


def stated_normalisation(name: str) -> tuple[Triple, Triple] | None:
    """Mean and standard deviation of R, G and B, of values in 0..1, that a backbone's library states for it.

    None for our own, and where nothing is stated. Raises UserError for a name that timm does not know.
    """
    return timm_normalisation(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
