"""`train compare`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples, printable
from train.run_config import TRAINING_LOGS

EXAMPLES = examples(
    "python -m train compare",
    "python -m train compare 20261121-094500 old/resnet18.safetensors --out results",
    "python -m train compare --results results/test.json",
)
STAT, BARS = "stat.csv", "stat.png"


def compare(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs by their names, checkpoints by their paths. [default: every run of a classifier]",
            show_default=False,
        ),
    ] = None,
    logs: Annotated[Path, typer.Option(help="Folder with history and runs.")] = TRAINING_LOGS,
    results: Annotated[
        list[Path] | None,
        typer.Option(
            help="NAME.json of 'infer classify' on labelled photographs: a test of the model that it "
            "names. Repeatable.",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(help="Crops that the memory of activations is told for.", min=1)
    ] = 64,
    out: Annotated[Path, typer.Option(help="Folder for stat.csv and stat.png.")] = Path("results"),
) -> None:
    """Compare classifiers: loss, accuracy, F1 and AUC beside parameters, mult-adds and memory."""
    from train.comparison.bars import draw_bars
    from train.comparison.models import compared_models
    from train.comparison.stat_table import stat_table, write_stat
    from train.comparison.test_results import with_tests

    compared = with_tests(compared_models(logs, models or []), results or [])
    write_stat(out / STAT, compared, batch_size)
    draw_bars(out / BARS, compared, batch_size)
    console.print(stat_table(compared, batch_size))
    console.print("Figures of a validation compare only where the same faces were held out.")
    console.print(f"Table: {escape(printable(str(out / STAT)))}; bars: {escape(printable(str(out / BARS)))}")
