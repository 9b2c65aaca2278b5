"""Logger for the console: plan, progress bar, a line per validation."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from common.runtime.command_line import printable
from train.display import Column, number
from train.loggers.base import Logger, RunPlan, StepRecord, ValidationRecord
from train.loggers.throughput import Throughput
from train.loggers.time_left import TimeLeft

CPU_CONFIG = "cpu"
WIDTHS = {"epoch": 6, "step": 7, "lr": 8, "loss": 8}  # of the columns that every task has


class ConsoleLogger(Logger):
    """Logger that prints the plan, a progress bar with rate and remaining time, and a line per validation.

    Where the output is not a terminal there is no bar, and the remaining time is told once. A context manager
    that takes the bar away.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._throughput = Throughput(clock)
        self._left = TimeLeft(clock)
        self._progress = Progress(
            TextColumn("  epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}  {task.fields[rate]}  {task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._total = 0
        self._columns: tuple[Column, ...] = ()
        self._has_header = False
        self._has_told_time = False

    def __enter__(self) -> "ConsoleLogger":
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, plan: RunPlan) -> None:
        self._total = plan.steps_per_epoch * plan.epochs
        self._columns = plan.columns
        self._print_plan(plan)
        epoch = min(plan.first_step // plan.steps_per_epoch + 1, plan.epochs)
        self._task = self._progress.add_task(
            "train", total=self._total, completed=plan.first_step, epoch=epoch, loss="-", rate="", left=""
        )
        self._progress.start()
        self._throughput.restart()
        self._left.started(plan)

    def stepped(self, record: StepRecord) -> None:
        rate = f"{self._throughput.stepped(record.images, record.waited):.0f} images/s"
        waiting = f"{self._throughput.waiting_share:.0%} of the time waiting for data"
        self._left.stepped(record.step)
        left = self._left.seconds()
        if left is not None and not self._has_told_time and not self._console.is_terminal:
            self._console.print(f"about {duration(left)} left, by the steps so far: {rate}, {waiting}")
            self._has_told_time = True
        self._progress.update(
            self._task,
            completed=record.step,
            epoch=record.epoch,
            loss=number(record.loss, 3),
            rate=f"{rate}, {waiting}",
            left="" if left is None else f"{duration(left)} left",
        )

    def validated(self, record: ValidationRecord) -> None:
        if not self._has_header:
            titles = [*WIDTHS, *(column.title for column in self._columns)]
            self._console.print("\n" + self._row(titles))
            self._has_header = True
        rate, loss = f"{record.learning_rate:.1e}", number(record.loss, 3)
        shown = (column.show(record.figures) for column in self._columns)
        self._console.print(self._row([str(record.epoch), str(record.step), rate, loss, *shown]))
        self._throughput.restart()
        self._left.validated(record.step)

    def noted(self, message: str) -> None:
        self._console.print(f"[yellow]note:[/] {escape(printable(message))}")

    def _row(self, cells: list[str]) -> str:
        widths = [*WIDTHS.values(), *(column.width for column in self._columns)]
        return "".join(f" {cell}".rjust(width) for cell, width in zip(cells, widths, strict=True))

    def _print_plan(self, plan: RunPlan) -> None:
        show = self._console.print
        steps = f"step {plan.first_step:,} of {self._total:,}"
        if plan.first_step:
            show(f"[bold]Run {escape(plan.run)} goes on after {steps}.[/]")
        elif plan.from_scratch:
            show(
                "[bold yellow]No --pretrained weights: training starts from scratch.[/] Real faces "
                "need published weights, which --pretrained names, to reach useful error rates."
            )
        show(f"{escape(plan.network)} on {escape(plan.device)}: {plan.data}")
        if plan.device == "cpu" and plan.wants_gpu:
            show(
                f"[bold yellow]No GPU found.[/] {escape(plan.network)} is meant for one; "
                f"for a CPU use --config {CPU_CONFIG}"
            )


def duration(seconds: float) -> str:
    """A span of time for people: `45 s`, `12 min`, `3 h 20 min`, `4 days 6 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(minutes / 60)
    return f"{hours // 24} days {hours % 24} h"
