"""A classifier that was never trained, for what only costs time."""

from pathlib import Path

import torch

from common.metrics.figures import CLASSIFICATION, Ranking
from common.models.classifier import Classifier, classifier_input
from common.models.classifier_checkpoint import ClassifierInfo, save_classifier
from common.models.crop_settings import CropSettings
from common.models.standing import Standing

SEED = 0


def untrained_classifier(path: Path, network: str, size: int) -> Path:
    """Write a classifier with random weights that takes box crops of `size` pixels; returns the file.

    Raises UserError for a network or a size that there is none for.
    """
    torch.manual_seed(SEED)
    classifier = Classifier(network, classifier_input(network, size))
    info = ClassifierInfo(
        network=network,
        input_format=classifier.input_format,
        crops=CropSettings(template="box", margin=0.2, size=size),
    )
    standing = Standing(
        task=CLASSIFICATION,
        network=network,
        run="untrained",
        epoch=0,
        step=0,
        validation="none",
        rankings=(Ranking("auc", "AUC", mark="auc", better="higher"),),
    )
    save_classifier(path, classifier, info, standing)
    return path
