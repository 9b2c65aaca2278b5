"""`align export`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, Shards
from align.crops.options import AlignOptions
from align.export.kinds import QUALITY, ImageFormat
from common.formats.crop_frame import Template
from common.runtime.as_option import AllowMissing
from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.wording import counted

EXAMPLES = examples(
    "python -m align export datasets/mine --out crops",
    "python -m align export datasets/mine --out crops --format png",
    "python -m align export datasets/mine --out crops --format webp --quality 90",
)


def export(
    out: Annotated[Path, typer.Option(help="Empty folder for the files, or that of a run that was stopped.")],
    shards: Shards = PROCESSED_IMAGES,
    kind: Annotated[
        ImageFormat, typer.Option("--format", help="Of the files; png keeps every pixel.")
    ] = ImageFormat.JPEG,
    quality: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="Of jpeg and webp.", show_default=str(QUALITY)),
    ] = None,
    allow_missing: AllowMissing = False,
) -> None:
    """Write the crops of shards as image files, in the tree of their photographs, with their labels.

    meta.json has what is synthetic, crops.csv all labels, export.json template, size and detector.
    """
    from align.export.run import TABLE_FILE, export_crops
    from common.formats.shard_folder import open_folder

    print_notes(open_folder(shards).require_whole(allow_missing).notes)
    with progress_bar("Writing", "crops") as progress:
        done = export_crops(shards, out, kind, quality, progress)
    kept = f", {done.kept:,} of them already there" if done.kept else ""
    console.print(
        f"[bold green]{done.crops:,}[/] crops of {counted(done.people, 'person', 'people')}, "
        f"{done.synthetic:,} of them synthetic{kept}: {escape(str(out))}"
    )
    if done.clashes:
        photograph, name = done.clashes[0]
        console.print(
            f"[yellow]{counted(len(done.clashes), 'crop')}[/] with a number behind the name, which another "
            f"photograph has too, such as {escape(printable(name))} of {escape(printable(photograph))}"
        )
    source = out if done.by_folder else out / TABLE_FILE
    size = f" --size {done.size}" if done.size != AlignOptions.size else ""
    words = f"python -m align run {escape(str(source))} --detector none{size}"
    console.print(f"the labels are read again by: {words}")
    if done.template != Template.ARCFACE:
        console.print(
            f"[yellow]careful:[/] crops that are read again count as {Template.ARCFACE.value} ones, these "
            f"are {escape(printable(done.template))}: train on the shards instead"
        )
