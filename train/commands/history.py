"""`train history`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.command_line import console, examples, print_notes, printable
from common.runtime.errors import UserError
from train.run_config import TRAINING_LOGS

EXAMPLES = examples("python -m train history", "python -m train history --logs training_logs")


def history(
    logs: Annotated[Path, typer.Option(help="Folder with history and checkpoints.")] = TRAINING_LOGS,
) -> None:
    """Print the leaderboard: the checkpoints that were kept, the best first."""
    from common.metrics.figures import VERIFICATION
    from common.models.leaderboard import best_checkpoint
    from train.records.checkpoints import CHECKPOINT_FOLDER
    from train.records.leaderboard_table import leaderboard_rows, leaderboard_table

    folder = logs / CHECKPOINT_FOLDER
    rows = leaderboard_rows(folder)
    if not rows:
        raise UserError(
            f"no checkpoints in {folder}; make some with 'python -m train run', or name"
            " another folder with --logs"
        )
    tasks = dict.fromkeys(row.standing.task for row in rows)
    for task in tasks:
        console.print(leaderboard_table([row for row in rows if row.standing.task == task]))
    console.print("Figures compare only where the validation data are the same.")
    for task in tasks:
        try:
            best = best_checkpoint(folder, task)
        except UserError as error:
            print_notes([str(error)])
        else:
            which = "The best, which infer takes," if task == VERIFICATION else f"The best of {task}"
            console.print(f"{escape(which)} is {escape(printable(best.path.name))}: {best.why}")
