"""The model that `--model` names."""

from dataclasses import dataclass
from pathlib import Path

import torch

from common.encoder import Encoder
from common.leaderboard import best_checkpoint
from common.weights.load import load_encoder

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
        name: what `common.weights.load.load_encoder` takes (a facetrust checkpoint, or published weights,
            which have no threshold); `random:BACKBONE`, an untrained baseline; or None for the best
            checkpoint.
        checkpoints: folder that the best checkpoint is looked for in.

    Raises UserError when there is no such model or its file is not usable.
    """
    threshold = None
    if name is not None and name.startswith(RANDOM_PREFIX):
        torch.manual_seed(RANDOM_SEED)
        encoder = Encoder(name.removeprefix(RANDOM_PREFIX))
    else:
        name = name or str(best_checkpoint(checkpoints))
        loaded = load_encoder(name)
        encoder = loaded.encoder
        if loaded.info is not None:
            threshold = loaded.info.threshold
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Model(name, encoder.eval().to(device), threshold)
