"""What a training run tells while it goes on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.metrics import VerificationReport


@dataclass(frozen=True)
class RunPlan:
    """The facts of a run that is about to start."""

    settings: dict[str, Any]  # the whole configuration, as JSON has it
    run: str  # its name
    folder: Path  # of this run
    device: str  # "cpu", "2 x cuda"
    backbone: str
    crops: int  # to train on
    identities: int  # to train on
    held_out: int  # identities to validate on
    pairs: int  # to validate on
    steps_per_epoch: int
    first_step: int  # steps that were taken before; more than 0 for a resumed run

    @property
    def epochs(self) -> int:
        """Passes over the data that are asked for."""
        return int(self.settings["epochs"])

    @property
    def from_scratch(self) -> bool:
        """Whether it starts from random weights."""
        return self.settings["pretrained"] is None

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


@dataclass(frozen=True)
class ValidationRecord:
    """One pass over the validation pairs."""

    run: str
    epoch: int  # 0 is before training
    step: int
    learning_rate: float
    loss: float | None  # mean over the steps since the last validation; None before training
    skipped: int  # batches without a finite loss or gradient so far
    report: VerificationReport


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
