"""Where a run starts from: given weights, or none."""

from torch import nn

from common.encoder import Encoder, default_input_format
from common.weights.layouts import RANDOM
from common.weights.load import LoadedEncoder, Wanted, load_encoder

DEFAULT_BACKBONE = "ir_101"


def initial_encoder(pretrained: str | None, wanted: Wanted, *, dropout: float | None = None) -> LoadedEncoder:
    """An encoder with given weights, or with random ones drawn from torch's global generator.

    Args:
        pretrained: what `common.weights.load.load_encoder` takes; None for random weights.
        wanted: backbone (None: what the weights are, or `ir_101`), size and colour of the crops, and whether
            a part of the weights is enough.
        dropout: rate of every dropout layer, in [0, 1); None keeps those of the backbone.

    Raises UserError when the weights are not to be had or are not those wanted.
    """
    if pretrained is None:
        loaded = LoadedEncoder(_random_encoder(wanted), RANDOM)
    else:
        loaded = load_encoder(pretrained, wanted)
    if dropout is not None:
        for module in loaded.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
    return loaded


def _random_encoder(wanted: Wanted) -> Encoder:
    backbone = wanted.backbone or DEFAULT_BACKBONE
    found = (
        default_input_format(backbone, wanted.size)
        if wanted.size is not None
        else default_input_format(backbone)
    )
    return Encoder(backbone, found.model_copy(update={"colour": wanted.colour or found.colour})).eval()
