"""Where a run starts from: given weights, or none."""

from pathlib import Path

from common.checkpoint import is_checkpoint, load_checkpoint, read_checkpoint_info
from common.encoder import Encoder
from common.errors import UserError
from common.weights import load_weights, read_state_dict


def initial_encoder(backbone: str, pretrained: Path | None) -> Encoder:
    """An encoder with the weights of a local file, or with random ones drawn from torch's global generator.

    The file is a facetrust checkpoint, which brings its input format along, or a plain `state_dict` (torch or
    safetensors) of this backbone for RGB crops scaled to [-1, 1].

    Raises UserError when the file cannot be read or is of another backbone.
    """
    if pretrained is None:
        return Encoder(backbone)
    if is_checkpoint(pretrained):
        made_for = read_checkpoint_info(pretrained).backbone
        if made_for != backbone:
            raise UserError(
                f"{pretrained} is a checkpoint of {made_for}, not of {backbone}; add --backbone {made_for}"
            )
        return load_checkpoint(pretrained)[0]
    encoder = Encoder(backbone)
    load_weights(encoder.backbone, read_state_dict(pretrained), source=str(pretrained))
    return encoder
