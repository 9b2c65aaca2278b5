"""The names that `--backbone` of a classifier takes, and the networks behind them."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial

from common.models.backbones.registry import check_backbone_name
from common.models.backbones.sizes import check_size
from common.models.backbones.timm_names import PREFIX, check_timm_name
from common.models.networks.face_network import FACE_PREFIX, FaceNetwork
from common.models.networks.network import ClassifierNetwork
from common.models.networks.plain_cnn import PlainCnn
from common.models.networks.pyramid import PyramidNetwork
from common.models.networks.sequence_network import SequenceNetwork
from common.models.networks.simple_vit import SimpleViT
from common.models.networks.squeezenext import SqueezeNeXt
from common.models.networks.timm_name import split_name
from common.models.networks.timm_network import TimmNetwork
from common.models.networks.timm_options import check_depths
from common.models.temporal_names import Temporal
from common.runtime.errors import UserError

# each takes the pixels of a crop's side, the dropout before the last layer, and the channels of its input
NETWORKS: dict[str, Callable[[int, float, int], ClassifierNetwork]] = {
    "sqnxt17_w0.8": partial(SqueezeNeXt, units=(5, 6, 3, 1), width=0.8),
    "sqnxt15_w1.0": partial(SqueezeNeXt, units=(4, 5, 4, 0), width=1.0),
    "sqnxt17_w1.0": partial(SqueezeNeXt, units=(5, 6, 4, 0), width=1.0),
    "sqnxt20_w1.2": partial(SqueezeNeXt, units=(6, 7, 5, 0), width=1.2),
    "simple_vit": SimpleViT,
    "plain_cnn": PlainCnn,
}


def check_network_name(name: str) -> None:
    """Raises UserError that names near ones unless `create_network` knows `name`."""
    if name.startswith(FACE_PREFIX):
        check_backbone_name(name.removeprefix(FACE_PREFIX))
    elif name.startswith(PREFIX):
        parts = split_name(name.removeprefix(PREFIX))
        check_timm_name(parts.plain)
        if parts.depths:
            check_depths(parts.plain, parts.depths)
    elif name not in NETWORKS:
        near = get_close_matches(name, NETWORKS, n=1)
        hint = (
            f"did you mean '{near[0]}'?"
            if near
            else f"choose one of {', '.join(NETWORKS)}, {PREFIX}NAME or {FACE_PREFIX}NAME"
        )
        raise UserError(f"unknown network '{name}'; {hint}")


def create_network(
    name: str,
    size: int,
    dropout: float = 0.0,
    in_channels: int = 3,
    temporal: Temporal = Temporal.MEAN,
) -> ClassifierNetwork:
    """A new network of a classifier, with random weights from torch's global generator.

    Args:
        name: one of `NETWORKS`, or `timm:NAME` for any network of timm; with `+fpn`, `+cbam` or `+fpn+cbam`
            behind it for those that have maps of strides 4, 8, 16 and 32, and `+depthsA-B-…` before these
            for the blocks of each stage; or `face:NAME` for a backbone of face recognisers.
        size: pixels of a crop's side.
        dropout: share of the features before the last layer that is dropped in training.
        in_channels: of the images; 3 of RGB alone, see `common.models.planes`.
        temporal: a head over time that takes the place of the last layer, if it is one that is learnt.

    Raises UserError for an unknown name, for a size that this network cannot take, and where its last layer
    cannot be taken off.
    """
    if temporal.is_learnt:
        return SequenceNetwork(create_network(name, size, 0.0, in_channels), temporal, dropout)
    check_network_name(name)
    check_size(size)
    if name.startswith(FACE_PREFIX):
        return FaceNetwork(size, dropout, in_channels, name.removeprefix(FACE_PREFIX))
    if name.startswith(PREFIX):
        parts = split_name(name.removeprefix(PREFIX))
        own = parts.options(in_channels)
        if parts.fpn or parts.cbam:
            return PyramidNetwork(size, dropout, parts.plain, parts.fpn, parts.cbam, own)
        return TimmNetwork(size, dropout, parts.plain, own)
    return NETWORKS[name](size, dropout, in_channels)
