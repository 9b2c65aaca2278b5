"""`train history`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples, print_notes, printable
from common.runtime.errors import UserError
from train.commands.options import TRAINING_LOGS

EXAMPLES = examples("python -m train history", "python -m train history --logs training_logs")


def history(
    logs: Annotated[Path, typer.Option(help="Folder with history and checkpoints.")] = TRAINING_LOGS,
) -> None:
    """Print the leaderboard: the checkpoints that were kept, best EER first."""
    from common.models.leaderboard import best_checkpoint
    from train.records.leaderboard_table import leaderboard_rows, leaderboard_table
    from train.records.run_records import CHECKPOINT_FOLDER

    folder = logs / CHECKPOINT_FOLDER
    rows = leaderboard_rows(folder)
    if not rows:
        raise UserError(
            f"no checkpoints in {folder}; make some with 'python -m train run', or name"
            " another folder with --logs"
        )
    console.print(leaderboard_table(rows))
    console.print("Figures compare only where the validation pairs are the same.")
    try:
        best = best_checkpoint(folder)
    except UserError as error:
        print_notes([str(error)])
    else:
        console.print(f"The best, which infer takes, is {escape(printable(best.path.name))}: {best.why}")
