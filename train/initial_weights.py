"""Where a run starts from: given weights, or none."""

from common.models.encoder import Encoder, default_input_format
from common.models.load_encoder import LoadedEncoder, Wanted, load_encoder
from common.models.weights.layouts import RANDOM

DEFAULT_BACKBONE = "ir_101"


def initial_encoder(pretrained: str | None, wanted: Wanted) -> LoadedEncoder:
    """An encoder with given weights, or with random ones drawn from torch's global generator.

    Args:
        pretrained: what `common.models.load_encoder.load_encoder` takes; None for random weights.
        wanted: backbone (None: what the weights are, or `ir_101`), size and colour of the crops, and whether
            a part of the weights is enough.

    Raises UserError when the weights are not to be had or are not those wanted.
    """
    if pretrained is None:
        return LoadedEncoder(_random_encoder(wanted), RANDOM)
    return load_encoder(pretrained, wanted)


def _random_encoder(wanted: Wanted) -> Encoder:
    backbone = wanted.backbone or DEFAULT_BACKBONE
    found = (
        default_input_format(backbone, wanted.size)
        if wanted.size is not None
        else default_input_format(backbone)
    )
    return Encoder(backbone, found.model_copy(update={"colour": wanted.colour or found.colour})).eval()
