"""The events of a training run, printed."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from common.metrics import VerificationReport
from common.pairs import PairCategory
from train.monitor import RunPlan

CPU_CONFIG = "cpu"
LIGHT_BACKBONES = ("ir_lite", "mobilefacenet")  # those a CPU can train


class ConsoleMonitor:
    """Prints the plan, a progress bar with rate and remaining time, and a line per validation."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("  epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}  {task.fields[rate]:.0f} images/s  left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("train", total=None, epoch=1, loss=0.0, rate=0.0)
        self._began = time.monotonic()

    def __enter__(self) -> "ConsoleMonitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, plan: RunPlan) -> None:
        """See `Monitor.started`."""
        config = plan.config
        if config.pretrained is None:
            self._console.print(
                "[bold yellow]No --pretrained weights: training starts from scratch.[/] Real faces "
                "need published weights to reach useful error rates."
            )
        self._console.print(
            f"{config.backbone} on {plan.device}: {plan.crops:,} crops of {plan.identities:,} people "
            f"to train on, {plan.pairs:,} pairs of {plan.held_out:,} other people to validate on"
        )
        total = plan.seconds_per_epoch * config.epochs
        self._console.print(
            f"about {_duration(plan.seconds_per_epoch)} per epoch, {_duration(total)} for "
            f"{config.epochs} epochs, by a trial step"
        )
        if plan.device == "cpu" and config.backbone not in LIGHT_BACKBONES:
            self._console.print(
                f"[bold yellow]No GPU found.[/] {config.backbone} is meant for one; "
                f"for a CPU use --config {CPU_CONFIG}"
            )
        self._console.print(
            "\n epoch      lr     loss     EER  accuracy   "
            + "  ".join(f"{category.display_name:>16}" for category in PairCategory)
        )
        self._crops_per_step = config.batch.size
        self._steps_per_epoch = plan.steps_per_epoch
        self._progress.update(self._task, total=plan.steps_per_epoch * config.epochs)
        self._progress.start()
        self._began = time.monotonic()

    def stepped(self, epoch: int, step: int, loss: float) -> None:
        """See `Monitor.stepped`."""
        steps = (epoch - 1) * self._steps_per_epoch + step
        rate = steps * self._crops_per_step / (time.monotonic() - self._began)
        self._progress.update(self._task, completed=steps, epoch=epoch, loss=loss, rate=rate)

    def validated(
        self, epoch: int, learning_rate: float, loss: float | None, report: VerificationReport
    ) -> None:
        """See `Monitor.validated`."""
        shown_loss = "       -" if loss is None else f"{loss:8.3f}"
        errors = "  ".join(
            f"{f'{found.errors}/{found.total}':>9} {found.rate:6.1%}" if found.total else f"{'-':>16}"
            for found in report.by_category.values()
        )
        self._progress.console.print(
            f"{epoch:6d} {learning_rate:7.1e} {shown_loss} {report.eer:7.4f}  "
            f"{report.accuracy:8.4f}   {errors}"
        )


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"
