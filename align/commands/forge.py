"""`align forge`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, WORK, OverwriteShards
from align.commands.tables import reasons_table
from align.forge.options import ForgeOptions
from align.shards.engines.engine import Engine
from common.runtime.as_option import AllowMissing, AsOption, Panel, Workers
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.errors import UserError
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from common.runtime.worker_processes import start_fork_server

EXAMPLES = examples(
    "python -m align forge datasets/processed_images --preview results/forgeries.png",
    "python -m align forge datasets/processed_images --out datasets/forged",
    "python -m align forge datasets/mine --out datasets/swapped --methods swap --per-image 3 --seed 7",
    "python -m align forge datasets/mine --out datasets/forged --post-process 0.5 --workers 8",
)


@with_option_groups
def forge(
    shards: Annotated[Path, typer.Argument(help="Folder of shards with bona fide crops.")] = PROCESSED_IMAGES,
    out: Annotated[Path | None, AsOption("Another folder, for the shards of forgeries.")] = None,
    preview: Annotated[
        Path | None,
        AsOption("Instead of shards: a PNG with forgeries of each method beside their originals."),
    ] = None,
    *,
    options: Annotated[ForgeOptions, Panel("The forgeries")],
    workers: Annotated[Workers, Panel(WORK)] = None,
    overwrite: OverwriteShards = False,
    allow_missing: AllowMissing = False,
) -> None:
    """Make synthetic faces from the bona fide crops of shards, as shards. Continues where it was stopped.

    Of the options, a --preview heeds --methods and --seed.
    """
    if (out is None) == (preview is None):
        raise UserError("name a folder for the shards with --out, or else a picture with --preview")
    if out is not None and workers != 1:
        start_fork_server("align.forge.job")
    from common.formats.shard_folder import open_folder

    print_notes(open_folder(shards).require_whole(allow_missing).notes)
    if preview is not None:
        from align.forge.preview import forging_preview

        count = forging_preview(shards, preview, options)
        console.print(f"{count} forgeries drawn: {escape(str(preview))}")
        return
    assert out is not None
    from align.forge.run import forge_folder

    with progress_bar("Forging") as progress:
        summary = forge_folder(
            shards, out, options, engine=Engine(workers=workers), overwrite=overwrite, progress=progress
        )
    made = counted(summary.shards, "shard")
    reused = f", {summary.kept_shards} of them already there" if summary.kept_shards else ""
    beside = (
        f" and {counted(summary.post_processed, 'post-processed bona fide crop')}"
        if summary.post_processed
        else ""
    )
    console.print(
        f"[bold green]{summary.forgeries:,}[/] forgeries of {counted(summary.crops, 'bona fide crop')}"
        f"{beside} in {made}{reused}: {escape(str(out))}"
    )
    if summary.passed_over:
        console.print(reasons_table(summary.passed_over, str(summary.report)))
