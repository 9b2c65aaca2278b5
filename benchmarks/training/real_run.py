"""The pace of `train run` itself: shards, augmentation, loader and loop, on whatever device."""

import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from train.config import TrainConfig
from train.data.dataset import CropDataset
from train.load_config import load_config
from train.loggers.base import Logger, RunPlan, StepRecord
from train.start import start_run

FIRST = 5  # steps that are not counted


@dataclass(frozen=True)
class RunPace:
    """How fast the steps of a run were."""

    images: float  # a second, by the median step after the first ones
    waiting: float  # share of the time of all these steps that data was waited for
    first: float  # seconds from the start of the first epoch until the first steps were done


class _Watch(Logger):
    def __init__(self) -> None:
        self.began = 0.0
        self.steps: list[tuple[float, float, int]] = []  # when it was done, seconds waited, images

    def started(self, plan: RunPlan) -> None:
        self.began = time.perf_counter()

    def stepped(self, record: StepRecord) -> None:
        self.steps.append((time.perf_counter(), record.waited, record.images))


def real_run(data: Path, out: Path, backbone: str, size: int, steps: int, **changes: Any) -> RunPace:
    """A run of one epoch or more with at least `steps` steps that are counted; see `run_config`."""
    watch = _Watch()
    start_run(run_config(data, out, backbone, size, steps + FIRST, **changes), watch)
    counted = watch.steps[FIRST - 1 :]
    times = [after[0] - before[0] for before, after in pairwise(counted)]
    waited = sum(step[1] for step in counted[1:])
    return RunPace(
        images=counted[-1][2] / median(times),
        waiting=min(waited / sum(times), 1.0),
        first=counted[0][0] - watch.began,
    )


def run_config(data: Path, out: Path, backbone: str, size: int, steps: int, **changes: Any) -> TrainConfig:
    """A run of at least `steps` steps with the default augmentation, validated only at its ends."""
    config = {
        "data": data,
        "out": out,
        "backbone": backbone,
        "batch.size": size,
        "same_pictures": False,
        "validation.every_steps": 10**9,
        "validation.pairs_per_category": 20,
        "save_minutes": 10**6,
    }
    return load_config(TrainConfig, None, {**config, "epochs": epochs_for(data, size, steps), **changes})


def epochs_for(data: Path, size: int, steps: int) -> int:
    """Passes over shards that have at least so many steps, whoever is held out."""
    a_pass = int(len(CropDataset(data)) * 0.8) // size  # a tenth is held out, and not every batch fills
    return -(-steps // max(a_pass, 1))
