"""`align run`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, RAW_IMAGES, WORK, OverwriteShards, Workers
from align.commands.tables import reasons_table, source_table
from align.crops.options import AlignOptions, FaceChoice, OnMissing
from align.shards.engines.engine import Engine, EngineName
from align.sources.reading import Reading, parse_columns
from align.sources.recognise import LayoutName
from align.sources.selection import Selection
from common.formats.crop_frame import Template
from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.worker_processes import start_fork_server

SOURCE, DETECTION, CROP = "Which photographs", "Finding the face", "The crop"
EXAMPLES = examples(
    "python -m align run datasets/raw_images",
    "python -m align run ~/photos --out datasets/mine --workers 8",
    "python -m align run list.csv --out datasets/listed --limit 1000 --exclude '*/blurred/*'",
    "python -m align run labels.csv --columns path=Id,synthetic=target_feature",
    "python -m align run ~/photos --layout real-fake --synthetic forged --synthetic swapped",
    "python -m align run ~/photos --out datasets/wide --size 224 --template loose --margin 0.3",
    "python -m align run ~/photos --out datasets/scrfd --detector insightface:buffalo_l",
    "python -m align run /shared/photos --out /shared/shards --engine ray --address auto",
)


def run(
    source: Annotated[
        Path, typer.Argument(help="Folder of photographs, or a .csv list: path[,identity][,synthetic].")
    ] = RAW_IMAGES,
    out: Annotated[Path, typer.Option(help="Folder for the shards.")] = PROCESSED_IMAGES,
    layout: Annotated[
        LayoutName | None,
        typer.Option(help="How the photographs lie; recognised if not told.", rich_help_panel=SOURCE),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(help="Glob over the path; only what matches one. Repeatable.", rich_help_panel=SOURCE),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Glob over the path; not what matches one. Repeatable.", rich_help_panel=SOURCE),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many photographs.", rich_help_panel=SOURCE)
    ] = None,
    synthetic: Annotated[
        list[str] | None,
        typer.Option(
            help="Folder of synthetic photographs; the others are bona fide (layout real-fake). Repeatable.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a list: path=NAME,identity=NAME,synthetic=NAME, or bona-fide=NAME where 1 is real.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    relabel: Annotated[
        Path | None,
        typer.Option(help="A .csv of corrections: path,identity,synthetic,drop.", rich_help_panel=SOURCE),
    ] = None,
    allow_unlabelled: Annotated[
        bool,
        typer.Option(
            "--allow-unlabelled",
            help="Go on where labels match no photograph, or photographs have no label.",
            rich_help_panel=SOURCE,
        ),
    ] = False,
    follow_links: Annotated[
        bool,
        typer.Option("--follow-links", help="Also through links out of the folder.", rich_help_panel=SOURCE),
    ] = False,
    detector: Annotated[
        str,
        typer.Option(
            help="retinaface, insightface:PACK, onnx:FILE, or none for photographs that are crops already.",
            rich_help_panel=DETECTION,
        ),
    ] = "retinaface",
    det_size: Annotated[
        int,
        typer.Option(
            help="Larger photographs are searched at this size, in pixels.", rich_help_panel=DETECTION
        ),
    ] = 640,
    min_score: Annotated[
        float, typer.Option(help="Least score of a face, 0 to 1.", rich_help_panel=DETECTION)
    ] = 0.5,
    min_face: Annotated[
        int,
        typer.Option(
            min=0, help="Least side of a face, in pixels of the photograph.", rich_help_panel=DETECTION
        ),
    ] = 0,
    face: Annotated[
        FaceChoice,
        typer.Option(
            help="Which of several faces; central weighs size against place, all gives each further face "
            "an identity of its own.",
            rich_help_panel=DETECTION,
        ),
    ] = FaceChoice.CENTRAL,
    device: Annotated[
        Device, typer.Option(help="Where the detector runs.", rich_help_panel=DETECTION)
    ] = Device.AUTO,
    size: Annotated[int, typer.Option(help="Side of a crop, in pixels.", rich_help_panel=CROP)] = 112,
    template: Annotated[
        Template,
        typer.Option(help="arcface, or loose: the same with a margin around it.", rich_help_panel=CROP),
    ] = Template.ARCFACE,
    margin: Annotated[
        float,
        typer.Option(help="Of the loose template, in parts of the face's frame.", rich_help_panel=CROP),
    ] = 0.0,
    on_missing: Annotated[
        OnMissing,
        typer.Option(
            help="Where no face is found: reject, or take the middle and flag it.", rich_help_panel=CROP
        ),
    ] = OnMissing.REJECT,
    shard_size: Annotated[
        int, typer.Option(min=1, help="Photographs per shard.", rich_help_panel=WORK)
    ] = 256,
    workers: Workers = None,
    engine: Annotated[
        EngineName, typer.Option(help="This machine's cores, or a Ray cluster.", rich_help_panel=WORK)
    ] = EngineName.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(help="Of the Ray cluster; one is started here if not told.", rich_help_panel=WORK),
    ] = None,
    overwrite: OverwriteShards = False,
) -> None:
    """Find the face in every photograph, align it, and write HDF5 shards. Continues where it was stopped."""
    options = AlignOptions(
        detector, det_size, min_score, min_face, face, size, template, margin, on_missing, device
    )
    spread = Engine(engine, workers, address)
    selection = Selection(tuple(include or ()), tuple(exclude or ()), limit, follow_links)
    reading = Reading(allow_unlabelled, parse_columns(columns or []), tuple(synthetic or ()), relabel)

    if engine is EngineName.LOCAL and workers != 1:
        start_fork_server("align.shards.job")
    from align.shards.run import align_source
    from align.sources.find import find_source

    found = find_source(source, layout, selection, reading)
    console.print(
        f"{len(found.photographs):,} photographs of {found.people:,} people in {escape(str(source))}, "
        f"{found.synthetic:,} of them synthetic; layout {found.layout}"
        f"{'' if layout else ' (recognised; --layout tells another)'}"
    )
    if found.passed_over:
        console.print(f"[yellow]{found.passed_over:,} others passed over:[/] the layout does not look there")
    console.print(source_table(found.account()))
    for left_over in found.taking.left_over():
        console.print(f"[yellow]{escape(printable(left_over))}[/]")
    with progress_bar("Aligning") as progress:
        summary = align_source(
            found,
            out,
            options,
            shard_size=shard_size,
            engine=spread,
            overwrite=overwrite,
            progress=progress,
        )
    shards = f"{summary.shards} shard{'s' if summary.shards != 1 else ''}"
    reused = f", {summary.kept_shards} of them already there" if summary.kept_shards else ""
    crops = f" ({summary.crops:,} faces)" if summary.crops != summary.aligned else ""
    console.print(
        f"[bold green]{summary.aligned:,}[/] of {summary.photographs:,} photographs aligned{crops} into "
        f"{shards}{reused}: {escape(str(out))}"
    )
    if summary.outdated_shards:
        console.print(
            f"[yellow]{summary.outdated_shards} of them made anew:[/] an earlier version made them, which "
            "did not set turned photographs upright, nor find small faces in large ones"
        )
    if summary.rejected:
        console.print(reasons_table(summary.rejected, str(summary.report)))
    if not summary.aligned:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary.rejected.most_common(3))
        raise UserError(f"none of the {summary.photographs:,} photographs was aligned: {reasons}")
    # pairs share photographs by design; shards of a cluster would all have to come to this machine
    if summary.crops and found.layout is not LayoutName.PAIRS and engine is EngineName.LOCAL:
        from align.shards.equal_crops import equal_crop_notes

        with progress_bar("Comparing", "crops") as progress:
            notes = equal_crop_notes(out, progress)
        print_notes(notes)
