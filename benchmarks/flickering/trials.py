"""The trainings, and what they say of the tracks of people held out."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from common.metrics import ClassificationReport, evaluate_classification, with_classification_intervals
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import load_classifier
from common.models.input_format import InputFormat
from common.models.sequences import step_logits
from common.models.temporal_names import Temporal
from train.data.dataset import CropDataset
from train.data.split import read_split
from train.data.tracks import tracks_of
from train.load_config import load_config
from train.loggers.base import Logger
from train.start import start_run
from train.tasks.classification.config import ClassifierConfig

PIXELS = 96
# no augmentation but mirroring: the clips are rendered, and what is asked is what a head can see
SMALL: dict[str, Any] = {
    "size": PIXELS, "dropout": 0.2, "match_resolution": False, "same_pictures": False,
    "augment.scale": 0, "augment.shift": 0, "augment.colour": 0, "augment.blur": 0, "augment.downscale": 0,
    "augment.jpeg": 0, "optimiser.learning_rate": 1e-3, "optimiser.clip_norm": 1.0,
    "optimiser.warmup_steps": 10, "optimiser.average_decay": 0, "validation.share": 0.3,
    "hardware.accelerator": "cpu",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What a training came to."""

    minutes: float
    tracks: int  # of people held out
    report: ClassificationReport  # by track, with intervals that resample people


@dataclass(frozen=True)
class Network:
    """The network of frames that all trainings begin with: one of timm, and its weights, None for random."""

    backbone: str
    pretrained: str | None


def trial(
    data: Path, out: Path, network: Network, temporal: Temporal, epochs: int, seed: int, logger: Logger
) -> Found:
    """Train on shards, and score the tracks of the people held out by the last weights: none are chosen.

    The network of frames learns where the mean of frames is taken, and stays as it is under a head over time.
    """
    own: dict[str, Any] = {"batch.size": 64}
    if temporal.is_learnt:
        made = Classifier(network.backbone, InputFormat(size=PIXELS), temporal=temporal)
        own = {"batch.size": 8, "freeze": len(made.network.stages()) - 1}
    changes = SMALL | own | {
        "backbone": network.backbone, "pretrained": network.pretrained, "data": data, "out": out,
        "temporal": temporal, "epochs": epochs, "seed": seed,
        "validation.every_epochs": epochs,
    }  # fmt: skip
    began = time.monotonic()
    outcome = start_run(load_config(ClassifierConfig, None, changes), logger)
    minutes = (time.monotonic() - began) / 60
    report, tracks = _scored(outcome.last_checkpoint, data, outcome.folder.split)
    return Found(minutes, tracks, report)


def _scored(checkpoint: Path, data: Path, split: Path) -> tuple[ClassificationReport, int]:
    loaded = load_classifier(checkpoint)
    dataset = CropDataset(data, size=PIXELS)
    people = read_split(split, dataset.identity_names.tolist(), least=1)
    held = np.isin(dataset.identity_names, sorted(people))
    tracks = [rows for rows in tracks_of(dataset) if held[dataset.identities[rows[0]]]]
    logits = []
    for rows in tracks:
        crops = dataset[rows].crops
        if loaded.info.temporal.is_learnt:
            steps = step_logits(loaded.classifier, crops.__getitem__, [len(rows)], loaded.info.steps)
        else:
            steps = torch.cat([loaded.classifier.score(part) for part in crops.split(64)]).double().numpy()
        logits.append(float(steps.mean()))
    first = np.array([rows[0] for rows in tracks])
    labels, groups = dataset.synthetic[first], dataset.identities[first]
    likely = expit(np.array(logits))
    report = evaluate_classification(labels, likely, groups)
    return with_classification_intervals(report, labels, likely, groups), len(tracks)
