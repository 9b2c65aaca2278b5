"""The encoder that a run starts from: of given weights, or of random ones."""

from dataclasses import replace
from pathlib import Path

from common.models.backbones import FACE_SIZE
from common.models.backbones.timm_backbone import TimmBackbone
from common.models.backbones.timm_names import PREFIX
from common.models.encoder import Encoder
from common.models.input_format import default_input_format
from common.models.load_encoder import LoadedEncoder, Wanted, load_encoder
from common.models.networks.initial_weights import TIMM, fill_trunk, published_by_timm
from common.models.networks.timm_name import split_name
from common.models.plane_names import RGB
from common.models.pretraining_checkpoint import is_pretraining, load_pretraining
from common.models.weights.layouts import PRETRAINED, RANDOM
from common.runtime.errors import UserError
from train.run_config import NONE

DEFAULT_BACKBONE = "ir_101"


def initial_encoder(pretrained: str | None, wanted: Wanted) -> LoadedEncoder:
    """An encoder with given weights, or with random ones drawn from torch's global generator.

    Args:
        pretrained: what `common.models.load_encoder.load_encoder` takes, a pre-training, or `timm` for those
            that timm publishes of its backbone, whose head is then random; None for random weights.
        wanted: backbone (None: what the weights are, or `ir_101`), size and colour of the crops, and whether
            a part of the weights is enough.

    Raises UserError when the weights are not to be had or are not those wanted.
    """
    if pretrained is not None and is_pretraining(Path(pretrained)):
        return _of_pretraining(Path(pretrained), wanted)
    if pretrained == TIMM:
        return load_encoder(_of_timm(wanted.backbone), replace(wanted, partial=True))
    if pretrained is not None:
        return load_encoder(pretrained, wanted)
    return LoadedEncoder(_random(wanted.backbone or DEFAULT_BACKBONE, wanted), RANDOM)


def _random(backbone: str, wanted: Wanted) -> Encoder:
    wants = default_input_format(backbone, wanted.size or FACE_SIZE)
    return Encoder(backbone, wants.model_copy(update={"colour": wanted.colour or wants.colour})).eval()


def _of_timm(backbone: str | None) -> str:
    """Where timm publishes the weights of a backbone; raises UserError for one that is not its own."""
    if backbone is None or not backbone.startswith(PREFIX):
        raise UserError(
            f"timm publishes weights of its own networks: name one with --backbone {PREFIX}NAME, or the "
            "weights with --pretrained"
        )
    try:
        return published_by_timm(backbone.removeprefix(PREFIX))
    except UserError as error:
        raise UserError(f"{error}; --pretrained {NONE} starts from random weights") from error


def _of_pretraining(path: Path, wanted: Wanted) -> LoadedEncoder:
    """An encoder whose trunk is pre-trained, and whose head is random."""
    start = load_pretraining(path)
    info = start.info
    if wanted.backbone not in (None, info.network):
        raise UserError(
            f"{path} is a pre-training of {info.network}, not of {wanted.backbone}; add --backbone "
            f"{info.network}"
        )
    plain = split_name(info.network.removeprefix(PREFIX))
    if plain.depths or info.planes != RGB:
        raise UserError(
            f"{path} is a pre-training of {info.network} on {','.join(info.planes)}, and encoders have "
            "timm's own depths and see rgb alone; make one with 'python -m train pretrain --backbone "
            f"{PREFIX}{plain.plain} --planes rgb'"
        )
    encoder = _random(info.network, wanted)
    assert isinstance(encoder.backbone, TimmBackbone)
    fill_trunk(encoder.backbone.trunk, plain.plain, encoder.backbone.options, start)
    head = tuple(key for key in encoder.backbone.state_dict() if key.startswith("head."))
    return LoadedEncoder(encoder, PRETRAINED, missing=head)
