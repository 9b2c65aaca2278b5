"""Logger for TensorBoard."""

from common.runtime.errors import UserError
from train.loggers.base import RunPlan, StepRecord, Tracker, ValidationRecord
from train.loggers.scalars import step_scalars, validation_scalars
from train.loggers.throughput import Throughput

FOLDER = "tensorboard"  # inside the run's
FLUSH_S = 30


class TensorBoardLogger(Tracker):
    """Logger of scalars as event files in `RUN/tensorboard`; TensorFlow is not needed.

    A resumed run goes on in the same folder, and TensorBoard forgets what was there beyond its first step.
    Raises UserError when TensorBoard is not installed.
    """

    name = "TensorBoard"

    def __init__(self) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError("TensorBoard is not installed; pip install 'facetrust[tensorboard]'") from error
        self._open = SummaryWriter
        self._writer: SummaryWriter | None = None
        self._throughput = Throughput()
        self._step = 0

    def started(self, plan: RunPlan) -> None:
        first = plan.first_step
        self._writer = self._open(
            str(plan.folder / FOLDER), purge_step=first + 1 if first else None, flush_secs=FLUSH_S
        )
        self._step = first
        self._throughput.restart()

    def stepped(self, record: StepRecord) -> None:
        self._step = record.step
        self._add(step_scalars(record, self._throughput.stepped(record.images)))

    def validated(self, record: ValidationRecord) -> None:
        self._step = record.step
        self._add(validation_scalars(record))
        if self._writer is not None:
            self._writer.flush()
        self._throughput.restart()

    def noted(self, message: str) -> None:
        if self._writer is not None:
            self._writer.add_text("notes", message, self._step)

    def close(self, *, failed: bool) -> None:
        """Write out what is pending."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _add(self, scalars: dict[str, float]) -> None:
        if self._writer is not None:
            for name, value in scalars.items():
                self._writer.add_scalar(name, value, self._step)
