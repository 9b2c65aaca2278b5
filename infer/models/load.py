"""The model that `--model` names."""

from dataclasses import replace
from pathlib import Path

import torch

from common.checksum import file_sha256
from common.encoder import Encoder
from common.leaderboard import best_checkpoint
from common.weights.load import load_encoder
from common.weights.source import locate
from infer.models.encoder_model import EncoderModel
from infer.models.model import Model, ModelCard, Threshold
from infer.models.notes import settle_threshold
from infer.models.onnx_model import OnnxModel

RANDOM_PREFIX = "random:"
RANDOM_SEED = 0
ONNX_SUFFIX = ".onnx"
OWN = "the model's own, from its validation pairs"


def load_model(name: str | None, checkpoints: Path) -> Model:
    """The model of this name.

    Args:
        name: what `common.weights.load.load_encoder` takes (a facetrust checkpoint, or published weights,
            which have no threshold); an ONNX file, exported by `infer export` or of anybody else;
            `random:BACKBONE`, an untrained baseline; or None for the best checkpoint.
        checkpoints: folder that the best checkpoint is looked for in.

    A threshold that is noted beside the file goes before the file's own. Raises UserError when there is no
    such model or its file is not usable.
    """
    if name is not None and name.startswith(RANDOM_PREFIX):
        torch.manual_seed(RANDOM_SEED)
        encoder = Encoder(name.removeprefix(RANDOM_PREFIX))
        return EncoderModel(encoder, _card(name, encoder))
    name = name or str(best_checkpoint(checkpoints).path)
    if name.lower().endswith(ONNX_SUFFIX):
        return OnnxModel.open(locate(name).path, name)
    file = locate(name).path
    sha256 = file_sha256(file)
    loaded = load_encoder(name)
    card = _card(name, loaded.encoder)
    own = None
    if loaded.info is not None:
        card = replace(card, trained_on=loaded.info.trained_on, eer=loaded.info.eer)
        if loaded.info.threshold is not None:
            own = Threshold(loaded.info.threshold, OWN)
    return EncoderModel(loaded.encoder, card, settle_threshold(file, own, sha256), file, sha256)


def _card(name: str, encoder: Encoder) -> ModelCard:
    return ModelCard(name, encoder.backbone_name, encoder.input_format, encoder.embedding_size)
