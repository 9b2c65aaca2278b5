"""The loop, its peer and its limit by turns, in one process and within one run of the loop."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from train.config import TrainConfig
from train.load_config import load_config
from train.loggers.base import Logger, RunPlan, StepRecord
from train.run_config import RunConfig
from train.start import start_run

WARM_UP = 3  # steps of the loop that are not counted


class Way(Protocol):
    """Another way to take training steps."""

    def seconds(self, steps: int) -> float:
        """Seconds for this many steps."""


class Turns(Logger):
    """Lets the others take their turns whenever the loop has taken its steps.

    Attributes:
        seconds: of each turn of each way; the loop is `loop`.
    """

    def __init__(self, others: Mapping[str, Way], steps: int) -> None:
        self._others = others
        self._steps = steps
        self._taken = -WARM_UP
        self._began = 0.0
        self.seconds: dict[str, list[float]] = {name: [] for name in ("loop", *others)}

    def started(self, plan: RunPlan) -> None:
        for way in self._others.values():
            way.seconds(1)

    def stepped(self, record: StepRecord) -> None:
        self._taken += 1
        if self._taken == self._steps:
            self.seconds["loop"].append(time.perf_counter() - self._began)
            for name, way in self._others.items():
                self.seconds[name].append(way.seconds(self._steps))
            self._taken = 0
        if self._taken == 0:
            self._began = time.perf_counter()


# A run that does nothing beside its steps, on a CPU; what it reads, it reads itself.
NOTHING_BESIDE = {
    "batch.loader_workers": 0,
    "validation.every_steps": 10**9,
    "validation.pairs_per_category": 20,
    "hardware.accelerator": "cpu",
    "save_minutes": 10**6,
}


def loop_config(data: Path, out: Path, backbone: str, size: int, steps: int) -> TrainConfig:
    """A run of at least `steps` steps with the default augmentation, validated only at its ends."""
    return load_config(
        TrainConfig,
        None,
        {
            "data": data,
            "out": out,
            "backbone": backbone,
            "epochs": steps * size // 600 + 1,
            "batch.size": size,
            **NOTHING_BESIDE,
        },
    )


def take_turns(config: RunConfig, others: Mapping[str, Way], steps: int) -> dict[str, list[float]]:
    """Seconds of each turn of each way."""
    turns = Turns(others, steps)
    start_run(config, turns)
    return turns.seconds
