"""`align check`: options and output."""

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, Shards
from common.runtime.command_line import console, examples, printable, progress_bar
from common.runtime.wording import counted

EXAMPLES = examples("python -m align check", "python -m align check datasets/mine")


def check(shards: Shards = PROCESSED_IMAGES) -> None:
    """Verify every shard against the manifest: none missing, altered or foreign. Status 1 if not."""
    from align.shards.check import check_shards

    with progress_bar("Checking", "shards") as progress:
        report = check_shards(shards, progress)
    for name, problem in report.problems:
        console.print(f"[bold red]{escape(printable(name))}[/]: {escape(printable(problem))}")
    if report.problems:
        wrong = len(report.problems)
        console.print(f"{wrong} file{'s are' if wrong > 1 else ' is'} not as written: {escape(str(shards))}")
        raise typer.Exit(1)
    console.print(
        f"[bold green]As written[/]: {counted(report.shards, 'shard')}, "
        f"{counted(report.rows, 'crop')}: {escape(str(shards))}"
    )
