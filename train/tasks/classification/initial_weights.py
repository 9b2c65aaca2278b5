"""The classifier that a run starts from: random, of published weights, or of another classifier."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.models.backbones.timm_names import PREFIX
from common.models.checkpoint import is_checkpoint, read_header, read_standing
from common.models.classifier import Classifier, classifier_input
from common.models.classifier_checkpoint import FORMAT, load_classifier, read_classifier_info
from common.models.load_encoder import Wanted, load_encoder
from common.models.networks.face_network import FACE_PREFIX, FaceNetwork
from common.models.networks.initial_weights import TIMM, load_initial
from common.models.networks.sequence_network import SequenceNetwork
from common.models.networks.timm_name import trunk_name
from common.models.plane_names import RGB, PlaneName
from common.models.pretraining_checkpoint import is_pretraining, read_pretraining_info
from common.models.temporal_names import Temporal
from common.models.training_facts import PseudoTraining
from common.runtime.errors import UserError
from train.run_config import NONE
from train.tasks.classification.config import ClassifierConfig


@dataclass(frozen=True)
class InitialClassifier:
    """A classifier before its first step."""

    classifier: Classifier
    notes: list[str] = field(default_factory=list)  # for people: where its weights are from
    pseudo: PseudoTraining | None = None  # what its weights were taught by guesses
    data: str = ""  # fingerprint of the crops, and of which of them, that a classifier was trained on
    pretraining: str = ""  # the run of the pre-training that is behind them, if any


def initial_classifier(config: ClassifierConfig, pretrained: str | None) -> InitialClassifier:
    """The classifier that a configuration names, with given weights or with random ones.

    Args:
        config: network, size, planes and dropout; random weights are drawn from torch's global generator.
        pretrained: `timm`, a file or `hf:…` as `load_initial` takes them, or a checkpoint of a classifier or
            a pre-training; None for random weights. Of `face:NAME` also an encoder.

    Raises UserError when the weights are not to be had, or are not of that network.
    """
    if config.temporal.is_learnt and not _has_head_over_time(pretrained):
        frames = config.model_copy(update={"temporal": Temporal.MEAN, "dropout": 0.0})
        return _with_head(config, initial_classifier(frames, pretrained))
    if config.backbone.startswith(FACE_PREFIX) and pretrained is not None and not _is_classifier(pretrained):
        return _of_recogniser(config, pretrained)
    classifier = Classifier(
        config.backbone,
        classifier_input(config.backbone, config.size, config.planes),
        config.dropout,
        config.planes,
        config.temporal,
    )
    if pretrained is None:
        return InitialClassifier(classifier.eval())
    if is_pretraining(Path(pretrained)):
        return _of_pretraining(config, classifier, Path(pretrained))
    if is_checkpoint(Path(pretrained)):
        return _of_classifier(config, classifier, Path(pretrained))
    if pretrained == TIMM and config.planes != RGB:
        raise UserError(
            f"what timm publishes sees rgb alone, not {','.join(config.planes)}; add --pretrained {NONE} for "
            "random weights, or --planes rgb"
        )
    try:
        told = load_initial(classifier.network, config.backbone, pretrained)
    except UserError as error:
        if pretrained != TIMM:
            raise
        raise UserError(f"{error}; --pretrained {NONE} starts from random weights") from error
    return InitialClassifier(classifier.eval(), [told])


def _has_head_over_time(pretrained: str | None) -> bool:
    if pretrained is None or not _is_classifier(pretrained):
        return False
    return read_classifier_info(Path(pretrained)).temporal.is_learnt


def _with_head(config: ClassifierConfig, start: InitialClassifier) -> InitialClassifier:
    """A classifier of frames with a random head over time in the place of its last layer."""
    before = start.classifier
    classifier = Classifier(
        config.backbone, before.input_format, config.dropout, config.planes, config.temporal
    )
    assert isinstance(classifier.network, SequenceNetwork)
    before.network.take_head_off()
    classifier.network.trunk.load_state_dict(before.network.state_dict())
    notes = [f"{note}; the head over time ({config.temporal}) is random" for note in start.notes]
    return replace(start, classifier=classifier.eval(), notes=notes)


def _of_pretraining(config: ClassifierConfig, classifier: Classifier, path: Path) -> InitialClassifier:
    info, standing = read_pretraining_info(path), read_standing(path)
    if trunk_name(info.network) != trunk_name(config.backbone):
        raise UserError(
            f"{path} is a pre-training of {info.network}, not of {config.backbone}; add --backbone "
            f"{info.network}"
        )
    _check_planes(config, path, info.planes)
    load_initial(classifier.network, config.backbone, str(path))
    told = (
        f"weights of {path}: pre-training {standing.run}, epoch {standing.epoch}; its decoder is left out, "
        "and the head is random"
    )
    return InitialClassifier(classifier.eval(), [told], pretraining=standing.run)


def _is_classifier(pretrained: str) -> bool:
    path = Path(pretrained)
    return is_checkpoint(path) and read_header(path).get("format") == FORMAT


def _of_recogniser(config: ClassifierConfig, pretrained: str) -> InitialClassifier:
    """A face network whose backbone has the weights of an encoder, as `--model` of `infer pairs` takes it."""
    name = config.backbone.removeprefix(FACE_PREFIX)
    named = name if name.startswith(PREFIX) else None  # the others are recognised
    loaded = load_encoder(pretrained, Wanted(backbone=named, size=config.size))
    encoder = loaded.encoder
    if encoder.backbone_name != name:
        found = f"{FACE_PREFIX}{encoder.backbone_name}"
        raise UserError(f"{pretrained} is a {found}, not a {config.backbone}; add --backbone {found}")
    classifier = Classifier(config.backbone, encoder.input_format, config.dropout, config.planes)
    assert isinstance(classifier.network, FaceNetwork)
    classifier.network.backbone.load_state_dict(encoder.backbone.state_dict())
    told = f"weights of {pretrained}: the recogniser {loaded.summary}; the last layer is random"
    return InitialClassifier(classifier.eval(), [told])


def _of_classifier(config: ClassifierConfig, classifier: Classifier, path: Path) -> InitialClassifier:
    start = load_classifier(path)
    if start.info.network != config.backbone:
        raise UserError(
            f"{path} is a {start.info.network}, not a {config.backbone}; add --backbone {start.info.network}"
        )
    if start.info.input_format.size != config.size:
        raise UserError(
            f"{path} sees {start.info.input_format.size} pixels, not {config.size}; add --size "
            f"{start.info.input_format.size}"
        )
    _check_planes(config, path, start.info.planes)
    if start.info.temporal.is_learnt and start.info.temporal is not config.temporal:
        raise UserError(
            f"{path} has a head over time ({start.info.temporal}), not {config.temporal}; add --temporal "
            f"{start.info.temporal}"
        )
    classifier.network.load_state_dict(start.classifier.network.state_dict())
    standing = start.standing
    told = f"weights of {path}: run {standing.run}, epoch {standing.epoch}"
    data = start.info.data if start.info.trained_on else ""
    return InitialClassifier(classifier.eval(), [told], start.info.pseudo, data, start.info.pretraining)


def _check_planes(config: ClassifierConfig, path: Path, planes: Sequence[PlaneName]) -> None:
    if tuple(planes) != config.planes:
        named = ",".join(planes)
        raise UserError(
            f"{path} sees the planes {named}, not {','.join(config.planes)}; add --planes {named}"
        )
