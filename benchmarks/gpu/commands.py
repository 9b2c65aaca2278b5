"""The command line of `benchmarks/gpu.py`: its options and its table."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting, prepare
from benchmarks.gpu.steps import STEPS, Step
from benchmarks.training.gpu import empty_memory
from common.runtime.errors import first_line

SHARDS = Path("datasets/gpu_benchmark")
VERDICTS = {True: "[green]yes[/]", False: "[bold red]no[/]", None: ""}


def print_table(
    data: Annotated[Path, typer.Option(help="Shards to train on; made if they are not there.")] = SHARDS,
    prepare_only: Annotated[bool, typer.Option("--prepare", help="Make them, and no more.")] = False,
    tiny: Annotated[bool, typer.Option(help="The same steps on a CPU, small.")] = False,
    minutes: Annotated[
        float, typer.Option(help="After which no step begins, and no network is compiled.")
    ] = 7.5,
) -> None:
    """Run every step and print one table; status 1 where something is not as expected."""
    console = Console(highlight=False, width=None if os.isatty(1) else 160)
    if prepare(data, tiny):
        console.print(f"Shards were written to {escape(str(data))}")
    if prepare_only:
        return
    if not tiny and not torch.cuda.is_available():
        console.print("There is no GPU that torch can use; --tiny runs the same steps on the CPU")
        raise typer.Exit(2)
    table = Table("step", "what", "found", "expected", "holds")
    ends = time.monotonic() + 60 * minutes
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        for step in STEPS:
            console.print(f"… {step.name}")
            folder = Path(work) / step.name.replace(" ", "-")
            folder.mkdir()
            for finding in findings(step, Setting(tiny, data, folder, ends)):
                failures += finding.holds is False
                cells = (escape(text) for text in (step.name, finding.what, finding.figure, finding.expected))
                table.add_row(*cells, VERDICTS[finding.holds])
    console.print(table)
    if failures:
        raise typer.Exit(1)


def findings(step: Step, setting: Setting) -> Iterator[Finding]:
    """What a step finds, or why it found nothing; what it raises is a row, and the next step goes on."""
    try:
        if time.monotonic() > setting.ends:
            yield Finding("left out", "the time is up; --minutes gives more")
            return
        if missing := step.lacks(setting):
            yield Finding("left out", f"missing: {missing}")
            return
        empty_memory()
        began = time.monotonic()
        yield from step.find(setting)
        yield Finding("took", f"{time.monotonic() - began:.0f} s")
    except Exception as error:  # of whatever kind: the figures of the other steps are wanted
        yield Finding("failed", f"{type(error).__name__}: {first_line(error)}", "no error", False)
