"""What a training run tells while it goes on."""

from dataclasses import dataclass
from typing import Protocol

from common.metrics import VerificationReport
from train.config import TrainConfig


@dataclass(frozen=True)
class RunPlan:
    """The facts of a run that is about to start."""

    config: TrainConfig
    device: str  # "cpu", "cuda:0"
    crops: int  # to train on
    identities: int  # to train on
    held_out: int  # identities to validate on
    pairs: int  # to validate on
    steps_per_epoch: int
    seconds_per_epoch: float  # estimate: forward and backward alone


class Monitor(Protocol):
    """Receives the events of a run; the command line prints them, a test records them."""

    def started(self, plan: RunPlan) -> None:
        """The data is read, the first step not yet taken."""

    def stepped(self, epoch: int, step: int, loss: float) -> None:
        """One batch is done; `step` counts from 1 within the epoch."""

    def validated(
        self, epoch: int, learning_rate: float, loss: float | None, report: VerificationReport
    ) -> None:
        """The validation pairs are scored; epoch 0 is before training."""
