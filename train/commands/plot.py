"""`train plot`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples
from train.run_config import TRAINING_LOGS

EXAMPLES = examples(
    "python -m train plot",
    "python -m train plot --all --out runs.png",
    "python -m train plot --run 20261121-094500",
    "python -m train plot --run NAME_OF_FOLDS --out folds.png",
)


def plot(
    logs: Annotated[Path, typer.Option(help="Folder with the history.")] = TRAINING_LOGS,
    run: Annotated[
        str | None, typer.Option(help="Which run, or set of folds. \\[default: the latest run]")
    ] = None,
    every_run: Annotated[bool, typer.Option("--all", help="The latest runs in one picture.")] = False,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("results/training.png"),
) -> None:
    """Draw loss, the main figure and the error rates of the validation over the steps of a run."""
    from train.folds.fold_folder import fold_folders
    from train.plots.plot import plot_history
    from train.records.history import PerformanceHistory

    named = next((each for each in fold_folders(logs) if each.name == run), None)
    folds = named.read_plan().runs.values() if named else ()
    drawn = plot_history(PerformanceHistory(logs).records, out, run, every_run=every_run, folds=[*folds])
    console.print(f"Picture: {escape(str(drawn))}")
