"""The trainings of the experiment, each kept from one call to the next."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.models.classifier_checkpoint import LoadedClassifier, load_classifier
from common.runtime.atomic import write_text_atomically
from train.data.dataset import CropDataset
from train.data.groups import crop_groups, crops_of_groups_with
from train.data.same_pictures import same_pictures
from train.data.split import read_split
from train.load_config import load_config
from train.loggers.base import Logger
from train.start import resume_run, resumed_config, start_run
from train.tasks.classification.config import ClassifierConfig

FORGED = 0.25  # of a batch, in the rows with forging
MINUTES = "minutes.json"


@dataclass(frozen=True)
class Trial:
    """One training."""

    name: str
    data: str  # the set that is trained on
    changes: Mapping[str, Any]  # of the configuration


def plan_trials(sets: list[str], bona_fide: str | None) -> Iterator[Trial]:
    """Each set with and without forging, then self-blending of bona fide faces alone."""
    for name in sets:
        yield Trial(name, name, {})
        yield Trial(f"{name}, forged", name, {"forge.share": FORGED})
    if bona_fide is not None:
        yield Trial("sbi", bona_fide, {"forge.share": 0.5, "forge.methods": ["self-blend"]})


def train_trial(trial: Trial, data: Path, out: Path, base: Mapping[str, Any], logger: Logger) -> float:
    """Train, go on, or take what was trained before; the minutes that it took.

    Args:
        trial: what is trained.
        data: its shards.
        out: a folder for it alone.
        base: what all trials have in common: the configuration's name as `config`, and changes of it.
        logger: of the run.
    """
    file = out / MINUTES
    if file.exists():
        return float(json.loads(file.read_text(encoding="utf-8")))
    began = time.monotonic()
    if list(out.glob("runs/*/state.pt")):
        outcome = resume_run(*resumed_config(ClassifierConfig, None, None, {"out": out}), logger)
    else:
        changes = {key: value for key, value in base.items() if key != "config"} | dict(trial.changes)
        config = load_config(ClassifierConfig, base["config"], changes | {"data": data, "out": out})
        outcome = start_run(config, logger)
    minutes = (time.monotonic() - began) / 60
    if not outcome.interrupted:
        write_text_atomically(file, json.dumps(minutes))
    return minutes


def trained(out: Path) -> LoadedClassifier:
    """The last checkpoint of a trial: none is chosen by its figures."""
    return load_classifier(out / "checkpoints" / "last-classification.safetensors")


def held_out_rows(out: Path, dataset: CropDataset) -> NDArray[np.int64]:
    """The crops that a trial held out of its own set."""
    (run,) = (folder for folder in (out / "runs").iterdir() if (folder / "state.pt").exists())
    groups, _ = crop_groups(dataset, same_pictures(dataset, np.arange(len(dataset))))
    people = read_split(run / "split.json", dataset.identity_names.tolist(), least=1)
    return np.flatnonzero(crops_of_groups_with(people, dataset, groups))
