"""The encoder that a run starts from: of given weights, or of random ones."""

from common.models.backbones import FACE_SIZE
from common.models.encoder import Encoder
from common.models.input_format import default_input_format
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
    if pretrained is not None:
        return load_encoder(pretrained, wanted)
    backbone = wanted.backbone or DEFAULT_BACKBONE
    wants = default_input_format(backbone, wanted.size or FACE_SIZE)
    wants = wants.model_copy(update={"colour": wanted.colour or wants.colour})
    return LoadedEncoder(Encoder(backbone, wants).eval(), RANDOM)
