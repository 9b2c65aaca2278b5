"""`align forge`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, AllowMissing, OverwriteShards, Workers
from align.commands.tables import reasons_table
from align.shards.engines.engine import Engine
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.errors import UserError
from common.runtime.worker_processes import start_fork_server

FORGERIES = "The forgeries"
EXAMPLES = examples(
    "python -m align forge datasets/processed_images --preview results/forgeries.png",
    "python -m align forge datasets/processed_images --out datasets/forged",
    "python -m align forge datasets/mine --out datasets/swapped --methods swap --per-image 3 --seed 7",
    "python -m align forge datasets/mine --out datasets/forged --post-process 0.5 --workers 8",
)


def forge(
    shards: Annotated[Path, typer.Argument(help="Folder of shards with bona fide crops.")] = PROCESSED_IMAGES,
    out: Annotated[Path | None, typer.Option(help="Another folder, for the shards of forgeries.")] = None,
    preview: Annotated[
        Path | None,
        typer.Option(help="Instead of shards: a PNG with forgeries of each method beside their originals."),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Of self-blend, swap, generator-traces, reenactment, with commas between; all if not told.",
            rich_help_panel=FORGERIES,
        ),
    ] = None,
    per_image: Annotated[int, typer.Option(help="Forgeries of each crop.", rich_help_panel=FORGERIES)] = 1,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same forgeries.", rich_help_panel=FORGERIES)
    ] = 0,
    post_process: Annotated[
        float,
        typer.Option(
            help="Share, 0 to 1, of the forgeries that are compressed, resized or denoised, and as many bona "
            "fide crops beside them.",
            rich_help_panel=FORGERIES,
        ),
    ] = 0.0,
    workers: Workers = None,
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
    from align.forge.options import ForgeOptions
    from common.forge import parse_methods
    from common.formats.shard_folder import open_folder

    options = ForgeOptions(parse_methods(methods), per_image, seed, post_process)
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
    made = f"{summary.shards} shard{'s' if summary.shards != 1 else ''}"
    reused = f", {summary.kept_shards} of them already there" if summary.kept_shards else ""
    beside = (
        f" and {summary.post_processed:,} post-processed bona fide crops" if summary.post_processed else ""
    )
    console.print(
        f"[bold green]{summary.forgeries:,}[/] forgeries of {summary.crops:,} bona fide crops{beside} in "
        f"{made}{reused}: {escape(str(out))}"
    )
    if summary.passed_over:
        console.print(reasons_table(summary.passed_over, str(summary.report)))
