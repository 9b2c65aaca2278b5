"""The model that `--model` names."""

from dataclasses import dataclass
from pathlib import Path

import torch

from common.checkpoint import is_checkpoint, load_checkpoint
from common.encoder import Encoder
from common.errors import UserError
from common.leaderboard import best_checkpoint
from common.weights import load_weights, read_state_dict, recognise_backbone

RANDOM_PREFIX = "random:"
RANDOM_SEED = 0


@dataclass(frozen=True)
class Model:
    """An encoder ready for use, and where it accepts a pair."""

    name: str
    encoder: Encoder  # in eval mode, on the GPU if there is one
    threshold: float | None  # accept similarity >= threshold; None where the file does not say


def load_model(name: str | None, checkpoints: Path) -> Model:
    """The model of this name.

    Args:
        name: a facetrust checkpoint; a plain `state_dict` of a known backbone (RGB scaled to [-1, 1] is
            assumed, no threshold is known); `random:BACKBONE`, an untrained baseline; or None for the best
            checkpoint.
        checkpoints: folder that the best checkpoint is looked for in.

    Raises UserError when there is no such model or its file is not usable.
    """
    if name is not None and name.startswith(RANDOM_PREFIX):
        torch.manual_seed(RANDOM_SEED)
        encoder, threshold = Encoder(name.removeprefix(RANDOM_PREFIX)), None
    else:
        path = Path(name) if name is not None else best_checkpoint(checkpoints)
        name = str(path)
        if is_checkpoint(path):
            encoder, info = load_checkpoint(path)
            threshold = info.threshold
        else:
            encoder, threshold = _bare_encoder(path), None
    if not all(torch.isfinite(tensor).all() for tensor in encoder.state_dict().values()):
        raise UserError(f"{name} holds weights that are not finite numbers; use another model")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Model(name, encoder.eval().to(device), threshold)


def _bare_encoder(path: Path) -> Encoder:
    tensors = read_state_dict(path)
    backbone = recognise_backbone(tensors)
    if backbone is None:
        raise UserError(f"{path} holds the weights of no backbone that facetrust knows")
    encoder = Encoder(backbone)
    load_weights(encoder.backbone, tensors, source=str(path))
    return encoder
