"""The model that `--model` names."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch

from common.models.checkpoint import CheckpointInfo
from common.models.encoder import Encoder
from common.models.fused.checkpoint import FusedInfo, is_fused, load_fused
from common.models.fused.encoder import AnyEncoder
from common.models.input_format import default_input_format
from common.models.leaderboard import best_checkpoint
from common.models.load_encoder import Wanted, load_located
from common.models.pair_checkpoint import is_pair_network, load_pair_network
from common.models.weights.layouts import Colour
from common.models.weights.refusal import inspect_weights
from common.models.weights.source import locate
from common.runtime.checksum import file_sha256
from common.runtime.device import Device
from common.runtime.errors import ParameterError
from common.runtime.file_kinds import Kind
from infer.cropping import AS_TRAINED, CropRequest, described
from infer.models.encoder_model import EncoderModel
from infer.models.model import FaceModel, Model, ModelCard, Threshold, training_facts
from infer.models.notes import read_notes, settle_threshold
from infer.models.onnx_model import OnnxModel
from infer.models.pair_model import PairModel

RANDOM_PREFIX = "random:"
RANDOM_SEED = 0
ONNX_SUFFIX = ".onnx"
UNDECIDED = (Kind.PROTOBUF, Kind.UNKNOWN)  # what ONNX networks look like that are newer than this
Loaded = TypeVar("Loaded", bound=FaceModel)
OWN = "the model's own, from its validation pairs"


def load_model(
    name: str | None,
    checkpoints: Path,
    colour: Colour | None = None,
    crops: CropRequest = AS_TRAINED,
    device: Device = Device.AUTO,
) -> Model:
    """The model of this name, and how photographs are cropped for it.

    Args:
        name: what `load_encoder.load_encoder` takes (a facetrust checkpoint, or published weights,
            which have no threshold); an ONNX file of any name, exported by `infer export` or anybody else;
            `random:BACKBONE`, an untrained baseline; or None for the best checkpoint.
        checkpoints: folder that the best checkpoint is looked for in.
        colour: order of the channels of its input, for files that do not say.
        crops: what is asked of the crops.
        device: where it runs; AUTO is on CUDA where torch, or for an ONNX file ONNX Runtime, has it.

    A threshold that is noted beside the file goes before the file's own. Raises UserError when there is no
    such model, its file is not usable or says another colour, CUDA is not there, and as `CropRequest.settle`.
    """
    if name is None:
        best = best_checkpoint(checkpoints)
        model = _open(str(best.path), colour, device)
        model.card = replace(model.card, chosen=f"the best of {checkpoints}: {best.why}")
    else:
        model = _open(name, colour, device)
    return _with_crops(model, crops)


def load_face_model(
    name: str | None,
    checkpoints: Path,
    colour: Colour | None = None,
    crops: CropRequest = AS_TRAINED,
    device: Device = Device.AUTO,
) -> FaceModel:
    """As `load_model`, but that a network of pairs may be named as well."""
    if name is None or not is_pair_network(Path(name)):
        return load_model(name, checkpoints, colour, crops, device)
    if colour is not None:
        raise ParameterError("{colour} is of encoders; a network of pairs says itself what it takes")
    file = Path(name)
    sha256 = file_sha256(file)
    network, info = load_pair_network(file)
    card = ModelCard(name, network.network_name, network.input_format, 0, **training_facts(info))
    threshold = settle_threshold(file, _own_threshold(info), sha256)
    return _with_crops(PairModel(network, card, threshold, file, sha256, device), crops)


def _with_crops(model: Loaded, crops: CropRequest) -> Loaded:
    """The model with the crops that are asked for, and what is doubtful about its threshold on such."""
    model.crops = crops.settle(model.card.crops)
    if doubt := _doubt_of_threshold(model):
        model.card = replace(model.card, assumed=(*model.card.assumed, doubt))
    return model


def _own_threshold(info: CheckpointInfo | FusedInfo, source: str = OWN) -> Threshold | None:
    doubt = info.validated.doubts() if info.validated else None
    return None if info.threshold is None else Threshold(info.threshold, source, doubt or "")


def _doubt_of_threshold(model: FaceModel) -> str | None:
    """What is to be told where a threshold was chosen on other crops than those that are made now."""
    point = None if model.file is None else read_notes(model.file, model.sha256).operating_point
    if point is None or point.crops is None:
        return None
    before, now = described(point.crops), described(model.crops)
    usual = "the defaults of 'align run'"
    return (
        f"that the threshold noted beside it, chosen on crops by {before or usual}, holds for crops by "
        f"{now or usual}"
        if before != now
        else None
    )


def _open(name: str, colour: Colour | None, device: Device) -> Model:
    if name.startswith(RANDOM_PREFIX):
        torch.manual_seed(RANDOM_SEED)
        encoder = _untrained(name.removeprefix(RANDOM_PREFIX), colour)
        return EncoderModel(encoder, _card(name, encoder), device=device)
    located = locate(name)
    file = located.path
    kind = inspect_weights(file).kind
    if kind is Kind.ONNX or (kind in UNDECIDED and file.suffix.lower() == ONNX_SUFFIX):
        return OnnxModel.open(file, name, device, colour)
    if is_fused(file):
        return _open_fused(file, name, colour, device)
    sha256 = file_sha256(file)
    loaded = load_located(located, name, Wanted(colour=colour))
    card = _card(name, loaded.encoder)
    own = None
    if loaded.info is not None:
        card = replace(card, **training_facts(loaded.info))
        own = _own_threshold(loaded.info)
    return EncoderModel(loaded.encoder, card, settle_threshold(file, own, sha256), file, sha256, device)


def _open_fused(file: Path, name: str, colour: Colour | None, device: Device) -> EncoderModel:
    if colour is not None:
        raise ParameterError("{} says itself which colours its towers take; leave {colour} out", name)
    sha256 = file_sha256(file)
    encoder, info = load_fused(file)
    card = replace(_card(name, encoder), fusion=info.fusion, **training_facts(info))
    own = _own_threshold(info, info.threshold_from)
    return EncoderModel(encoder, card, settle_threshold(file, own, sha256), file, sha256, device)


def _untrained(backbone: str, colour: Colour | None) -> Encoder:
    changed = {} if colour is None else {"colour": colour}
    return Encoder(backbone, default_input_format(backbone).model_copy(update=changed))


def _card(name: str, encoder: AnyEncoder) -> ModelCard:
    return ModelCard(name, encoder.backbone_name, encoder.input_format, encoder.embedding_size)
