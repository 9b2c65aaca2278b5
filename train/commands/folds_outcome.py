"""What `train classifier --folds` does, and what it prints at its end."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from common.runtime.command_line import INTERRUPTED, console, print_notes, printable
from train.commands.request import RunRequest, overrides_of
from train.run_config import TRAINING_LOGS

if TYPE_CHECKING:
    from common.metrics import ClassificationReport
    from train.folds.run_folds import FoldsOutcome
    from train.folds.summary import FoldsSummary
    from train.loggers.base import Logger

COMMAND = "python -m train classifier"


def train_folds_as_asked(
    file: str | None, request: RunRequest, options: dict[str, Any]
) -> "FoldsOutcome | None":
    """Train folds or go on with them, where that is asked for; None where a single run is.

    Raises UserError as `start_folds`, `folds_to_resume` and `folds_config`.
    """
    from train.folds.resume_folds import folds_config, folds_to_resume
    from train.load_config import load_config
    from train.tasks.classification.config import ClassifierConfig

    overrides = overrides_of(request, options)
    if request.resume:
        folder = folds_to_resume(request.run_name, file, overrides)
        if folder is None:
            return None
        config = folds_config(folder, file, overrides)
    else:
        folder, config = None, load_config(ClassifierConfig, file, overrides)
        if not config.folds:
            return None
    from train.folds.run_folds import resume_folds, start_folds

    @contextmanager
    def open_logger(fold: int) -> Iterator["Logger"]:
        from train.loggers.console import ConsoleLogger

        console.print(f"\n[bold]fold {fold} of {config.folds}[/]")
        with ConsoleLogger(console) as logger:
            yield logger

    if folder is not None:
        return resume_folds(folder, config, open_logger)
    return start_folds(config, open_logger)


def print_folds(outcome: "FoldsOutcome") -> None:
    """The figures of the folds and how to use their classifiers, or what is left to do.

    Raises typer.Exit with the status of interruption after a fold that was interrupted.
    """
    if outcome.rank != 0:
        return
    out = outcome.config.out
    where = "" if out == TRAINING_LOGS else f" --out {shlex.quote(str(out))}"
    if outcome.interrupted:
        console.print(
            f"\n[yellow]Interrupted.[/] {_left(outcome)}; go on with: "
            f"{COMMAND} --resume --run {outcome.folder.name}{escape(where)}"
        )
        raise typer.Exit(INTERRUPTED)
    if outcome.summary is None:
        console.print(
            f"\n{_left(outcome)}. Copy what other machines trained, their fold_K.safetensors, into "
            f"{_safe(outcome.folder.path)}; the rest is trained, and all summed up, by: {COMMAND} --folds "
            f"{outcome.config.folds} --resume --run {outcome.folder.name}{escape(where)}"
        )
        return
    from train.folds.summary import CHOSEN_ON_THEMSELVES

    console.print(_table(outcome.summary))
    _print_together(outcome.summary)
    print_notes([CHOSEN_ON_THEMSELVES])
    console.print(f"Scores: {_safe(outcome.folder.scores)}; figures: {_safe(outcome.folder.summary)}")
    folder = escape(shlex.quote(printable(str(outcome.folder.path))))
    console.print(
        f"Use all {outcome.config.folds} as one ensemble with: python -m infer classify PHOTOGRAPHS --model "
        f"{folder}\nIts threshold is the mean of the folds', {outcome.summary.mean['threshold']:.4f}; "
        "--threshold takes another"
    )


def _table(summary: "FoldsSummary") -> Table:
    """A row a fold, then the mean and the spread."""
    from train.display import number

    shown = ("auc", "f1", "apcer", "bpcer", "threshold")
    names = ("AUC", "F1", "APCER", "BPCER", "threshold")
    table = Table(
        "fold", "run", *(Column(name, justify="right") for name in ("bona fide", "synthetic", *names))
    )
    for each in summary.folds:
        values = each.report.values() | {"threshold": each.point.threshold}
        table.add_row(
            str(each.fold),
            escape(printable(each.run)),
            *(f"{count:,}" for count in _counts(each.report)),
            *(number(values[name]) for name in shown),
        )
    table.add_section()
    spread = (f"{number(summary.mean[name])} ± {number(summary.deviation[name])}" for name in shown)
    table.add_row("mean", "", "", "", *spread)
    return table


def _print_together(summary: "FoldsSummary") -> None:
    from train.display import number, span

    report = summary.together
    values = report.values()
    told = ", ".join(
        f"{title} {number(values[name])} ({span(report.intervals.get(name))})"
        for name, title in (("auc", "AUC"), ("f1", "F1"))
    )
    bona_fide, synthetic = _counts(report)
    console.print(
        f"Out of fold: {told} of {bona_fide:,} bona fide and {synthetic:,} synthetic crops of "
        f"{report.groups:,} people or sources, at threshold {report.threshold:.4f} ({summary.threshold_from})"
    )


def _counts(report: "ClassificationReport") -> tuple[int, int]:
    return report.decisions.bona_fide.total, report.decisions.synthetic.total


def _left(outcome: "FoldsOutcome") -> str:
    folds = ", ".join(map(str, outcome.unfinished))
    several = "s" if len(outcome.unfinished) > 1 else ""
    return f"Fold{several} {folds} of {outcome.config.folds} left to train"


def _safe(value: object) -> str:
    return escape(printable(str(value)))
