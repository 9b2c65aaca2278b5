"""One training with a method of forging left out, judged by forgeries of that method."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from benchmarks.forging.judge import (
    Errors,
    crop_batches,
    embed,
    forge_test_crops,
    judge,
    pair_up,
)
from common.forge.method_names import METHODS
from common.formats.pair_category import PairCategory
from common.models.load_encoder import load_encoder
from train.config import TrainConfig
from train.data.dataset import CropDataset
from train.data.split import held_out_identities, write_split
from train.distributed.devices import open_fabric
from train.load_config import load_config
from train.loggers.base import Logger, RunPlan, StepRecord
from train.loop import Outcome
from train.start import start_run

TEST_SHARE = 1 / 3  # of the people
NOTHING = "none"  # left out: all methods are trained with and tested

Progress = Callable[[int, int], None]  # (done, total)


class Trial(NamedTuple):
    """What one training leaves out, and its seed."""

    left_out: str  # a method, or `NOTHING`
    seed: int

    @property
    def trained(self) -> tuple[str, ...]:
        """The methods trained with."""
        return tuple(method for method in METHODS if method != self.left_out)

    @property
    def tested(self) -> tuple[str, ...]:
        """The methods of the test forgeries."""
        return METHODS if self.left_out == NOTHING else (self.left_out,)


class Result(BaseModel):
    """What a trial came to."""

    model_config = ConfigDict(frozen=True)

    settings: str  # equal for equal data, weights, configuration and methods
    left_out: str
    seed: int
    people_trained: int
    people_tested: int
    pairs: dict[PairCategory, int]
    before: Errors  # of the weights that training starts from
    after: Errors
    seconds: float  # of training


class Steps(Logger):
    """Shows how many steps of a run are done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._total = 0

    def started(self, plan: RunPlan) -> None:
        self._total = plan.steps_per_epoch * plan.epochs
        self._progress(0, self._total)

    def stepped(self, record: StepRecord) -> None:
        self._progress(record.step, self._total)


def run_trial(
    trial: Trial, base: TrainConfig, dataset: CropDataset, settings: str, progress: Progress
) -> Result:
    """Train on two thirds of the people, judge start and end of it by the others.

    Args:
        trial: what is left out.
        base: the configuration but for what the trial decides; `data` is the folder of the data set.
        dataset: bona fide crops.
        settings: put into the result.
        progress: of the steps.

    Raises UserError as `start_run`, KeyboardInterrupt when training was stopped before its end.
    """
    tested = held_out_identities(dataset.identity_names.tolist(), TEST_SHARE, trial.seed)
    rows = np.flatnonzero(np.isin(dataset.identity_names, sorted(tested))[dataset.identities])
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        outcome = train_trial(trial, base, tested, Path(folder), progress)
        seconds = time.perf_counter() - started
        if outcome.interrupted:
            raise KeyboardInterrupt
        return _judged(trial, base, dataset, rows, outcome, settings, seconds)


def train_trial(
    trial: Trial, base: TrainConfig, tested: set[str], folder: Path, progress: Progress
) -> Outcome:
    """Train on the people who are not `tested`, in a folder; the last weights count, whatever they score."""
    split = folder / "split.json"
    write_split(split, tested)
    config = load_config(
        TrainConfig,
        None,
        {
            "out": folder / "logs",
            "seed": trial.seed,
            "forge.methods": list(trial.trained),
            "validation.split": split,
            # before the first step and after the last: neither learning rate nor weights are chosen by it
            "validation.every_steps": 10**9,
            "validation.pairs_per_category": 50,
        },
        base=base,
    )
    return start_run(config, Steps(progress))


def _judged(
    trial: Trial,
    base: TrainConfig,
    dataset: CropDataset,
    rows: NDArray[np.int64],
    outcome: Outcome,
    settings: str,
    seconds: float,
) -> Result:
    people = dataset.identities[rows]
    forgeries = forge_test_crops(dataset, rows, trial.tested, trial.seed)
    pairs = pair_up(people, dataset.identities[forgeries.rows], forgeries.methods, trial.seed)
    device = open_fabric(base.hardware).device
    before, after = (
        judge(
            embed(load_encoder(str(path)).encoder, crop_batches(dataset, rows, forgeries), device),
            pairs,
        )
        for path in (outcome.folder.start, outcome.last_checkpoint)
    )
    tested = len(np.unique(people))
    return Result(
        settings=settings,
        left_out=trial.left_out,
        seed=trial.seed,
        people_trained=len(dataset.identity_names) - tested,
        people_tested=tested,
        pairs={category: pairs.count(category) for category in PairCategory},
        before=before,
        after=after,
        seconds=round(seconds, 1),
    )
