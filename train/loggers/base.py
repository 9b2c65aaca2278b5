"""Base class of loggers, and the events that a run tells them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.metrics.figures import VERIFICATION, Figures
from train.display import Column


@dataclass(frozen=True)
class RunPlan:
    """The facts of a run that is about to start."""

    settings: dict[str, Any]  # the whole configuration, as JSON has it
    run: str  # its name
    folder: Path  # of this run
    device: str  # "cpu", "2 x cuda"
    network: str  # its name: that of the backbone
    data: str  # for people: what it trains on and validates with
    facts: dict[str, int]  # the numbers in it, for trackers
    columns: tuple[Column, ...]  # for the figures of a validation
    steps_per_epoch: int
    first_step: int = 0  # steps that were taken before; more than 0 for a resumed run
    from_scratch: bool = False  # whether it starts from random weights where others are to be had
    wants_gpu: bool = False  # whether a CPU is too slow for it

    @property
    def epochs(self) -> int:
        """Passes over the data that are asked for."""
        return int(self.settings["epochs"])

    @property
    def steps_between_validations(self) -> int:
        """As the configuration asks for them, in steps or in epochs."""
        chosen = self.settings["validation"]
        return int(chosen["every_steps"] or self.steps_per_epoch * chosen["every_epochs"])


@dataclass(frozen=True)
class StepRecord:
    """One step of the optimiser."""

    epoch: int  # from 1
    step: int  # from 1, over the whole run
    learning_rate: float
    loss: float
    images: int  # that it took in, over all processes
    waited: float = 0.0  # seconds that this process waited for its data, and that of steps skipped before it


@dataclass(frozen=True)
class ValidationRecord:
    """One pass over the validation data."""

    run: str
    epoch: int  # 0 is before training
    step: int
    learning_rate: float
    loss: float | None  # mean over the steps since the last validation; None before training
    skipped: int  # batches without a finite loss or gradient so far
    figures: Figures
    task: str = VERIFICATION
    pretraining: str = ""  # the run whose pre-training it started from, if any


class Logger:
    """Receiver of the events of a run; this one does nothing with them: for all processes but the first."""

    def started(self, plan: RunPlan) -> None:
        """The data is read, the first step not yet taken."""

    def stepped(self, record: StepRecord) -> None:
        """One step is done."""

    def validated(self, record: ValidationRecord) -> None:
        """A validation is done."""

    def noted(self, message: str) -> None:
        """Something happened that a person should know: a batch was skipped, a run interrupted."""


class Tracker(Logger):
    """A logger that a run can do without, and that holds files or connections until it is closed."""

    name: str

    def close(self, *, failed: bool) -> None:
        """The run is over, or `failed`; must not fail when it never started."""
