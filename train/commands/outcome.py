"""What the commands that train print at their end."""

import shlex
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from common.runtime.command_line import INTERRUPTED, console
from train.run_config import TRAINING_LOGS

if TYPE_CHECKING:
    from train.loop import Outcome


def print_outcome(outcome: "Outcome", command: str, next_step: str = "") -> None:
    """Where the checkpoints and curves of a run are, in its first process.

    Args:
        outcome: of the run.
        command: that resumes it: `train run`.
        next_step: what to do with the best checkpoint, with `{}` for it; empty for nothing.

    Raises typer.Exit with the status of interruption after a run that was interrupted.
    """
    if outcome.rank != 0:
        return
    from common.models.leaderboard import best_checkpoint

    last = outcome.last_checkpoint
    out = last.parents[1]
    told = "" if out == TRAINING_LOGS else shlex.quote(str(out))
    if outcome.interrupted:
        where = f" --out {told}" if told else ""
        console.print(
            f"\n[yellow]Interrupted.[/] The weights are in {escape(str(last))}; go on with: "
            f"python -m {command} --resume --run {outcome.folder.run}{escape(where)}"
        )
        raise typer.Exit(INTERRUPTED)
    best = best_checkpoint(last.parent, outcome.task)
    console.print(f"\nThe best is {escape(best.path.name)}: {best.why}")
    if next_step:
        console.print(f"Use it with: {escape(next_step.format(shlex.quote(str(best.path))))}")
    console.print(f"Curves: {escape(str(outcome.folder.curves))}")
    where = f" --logs {told}" if told else ""
    console.print(
        f"Checkpoints are in {escape(str(last.parent))}; "
        f"see them with: python -m train history{escape(where)}"
    )
