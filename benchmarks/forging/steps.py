"""What forging adds to a training step: two runs of the loop by turns, in one process."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from threading import Thread

import torch
from rich.table import Table

from benchmarks.training.turns import NOTHING_BESIDE, WARM_UP, Turns, Way
from train.config import TrainConfig
from train.load_config import load_config
from train.loggers.base import Logger, RunPlan, StepRecord
from train.start import start_run

SHARE = 0.5  # of the crops of a batch that are forged


def crops_needed(size: int, steps: int, turns: int) -> int:
    """Crops of an epoch that is longer than all turns: at its end, the state would be saved."""
    return size * (WARM_UP + steps * turns + 2)


def step_config(data: Path, out: Path, backbone: str, size: int) -> TrainConfig:
    """A run of the recipe for forging that forges nothing."""
    return load_config(
        TrainConfig,
        "forge",
        {
            "data": data,
            "out": out,
            "backbone": backbone,
            "epochs": 1,
            "keep": 0,
            "forge.share": 0,
            "batch.size": size,
            **NOTHING_BESIDE,
        },
    )


def step_table(config: TrainConfig, steps: int, turns: int) -> Table:
    """Seconds of a step without forging and with it."""
    taken = step_times(config, steps, turns)
    title = f"{config.backbone}, batch {config.batch.size}, {torch.get_num_threads()} threads, no workers"
    table = Table("forged of a batch", "s a step", "added", title=title)
    for share, seconds in taken.items():
        # of neighbouring turns: a machine that others use as well changes its pace
        added = median(own / without - 1 for own, without in zip(seconds, taken[0], strict=True))
        table.add_row(f"{share:.0%}", f"{median(seconds) / steps:.3f}", f"{added:+.1%}")
    return table


def step_times(config: TrainConfig, steps: int, turns: int) -> dict[float, list[float]]:
    """Seconds of each turn of `steps` steps by the share that is forged: 0 and `SHARE`.

    Args:
        config: without forging, over `crops_needed` crops or more to train on.
        steps: of a turn.
        turns: of each.
    """
    forging = load_config(TrainConfig, None, {"forge.share": SHARE}, base=config)
    with SteppedRun(forging, torch.get_num_threads()) as other:
        taken = FewTurns({"forging": other}, steps, turns)
        with suppress(_Enough):
            start_run(config, taken)
    return {0: taken.seconds["loop"], SHARE: taken.seconds["forging"]}


class FewTurns(Turns):
    """Ends the run once all turns are taken."""

    def __init__(self, others: Mapping[str, Way], steps: int, turns: int) -> None:
        super().__init__(others, steps)
        self._turns = turns

    def stepped(self, record: StepRecord) -> None:
        super().stepped(record)
        if len(self.seconds["loop"]) == self._turns:
            raise _Enough


class SteppedRun(Logger):
    """A run of the training loop that takes steps when it is asked to, in a thread of its own.

    A context manager, which ends the run.
    """

    def __init__(self, config: TrainConfig, threads: int) -> None:
        self._config = config
        self._threads = threads
        self._asked: SimpleQueue[int] = SimpleQueue()
        self._told: SimpleQueue[float | BaseException] = SimpleQueue()
        self._left = 0
        self._began = 0.0
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "SteppedRun":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._asked.put(0)
        self._thread.join()

    def seconds(self, steps: int) -> float:
        """See `Way.seconds`. Raises what the run raised."""
        self._asked.put(steps)
        told = self._told.get()
        if isinstance(told, BaseException):
            raise told
        return told

    def started(self, plan: RunPlan) -> None:
        self._wait()

    def stepped(self, record: StepRecord) -> None:
        self._left -= 1
        if not self._left:
            self._told.put(time.perf_counter() - self._began)
            self._wait()

    def _wait(self) -> None:
        self._left = self._asked.get()
        if not self._left:
            raise _Enough
        self._began = time.perf_counter()

    def _run(self) -> None:
        torch.set_num_threads(self._threads)  # holds for a thread
        try:
            start_run(self._config, self)
            raise RuntimeError("the run has ended; its epoch is too short")
        except _Enough:
            pass
        except BaseException as error:
            self._told.put(error)


class _Enough(Exception):
    """No more steps are wanted."""
