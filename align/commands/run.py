"""`align run`: options and output."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from align.commands.options import PROCESSED_IMAGES, RAW_IMAGES, WORK, OverwriteShards
from align.commands.tables import counted_files, described_template, reasons_table, source_table
from align.crops.options import AlignOptions
from align.detectors.registry import refuse_unknown_detector
from align.shards.engines.engine import Engine, EngineName
from align.sources.layouts import LayoutName
from align.sources.reading import Reading
from align.sources.selection import Selection
from align.tracks.options import USUAL_FRAMES, ClipOptions
from common.formats.crop_frame import Template
from common.runtime.as_option import AsOption, Panel
from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.errors import UserError
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from common.runtime.worker_processes import start_fork_server

if TYPE_CHECKING:
    from align.shards.run import AlignSummary
    from align.sources.find import Source

SOURCE, CLIPS = "Which photographs", "Which frames of clips"
EXAMPLES = examples(
    "python -m align run datasets/raw_images",
    "python -m align run ~/photos --out datasets/mine --workers 8",
    "python -m align run list.csv --out datasets/listed --limit 1000 --exclude '*/blurred/*'",
    "python -m align run labels.csv --columns path=Id,synthetic=target_feature",
    "python -m align run ~/kaggle --positive real --out datasets/kaggle",
    "python -m align run ~/photos --layout real-fake --synthetic forged --synthetic swapped",
    "python -m align run ~/photos --out datasets/wide --size 224 --template loose --margin 0.3",
    "python -m align run ~/photos --out datasets/boxes --size 224 --template box --margin 0.2",
    "python -m align run ~/photos --out datasets/scrfd --detector insightface:buffalo_l",
    "python -m align run clips/ --out datasets/clips",
    "python -m align run clips/ --every 0.5 --face all --out datasets/everybody",
    "python -m align run /shared/photos --out /shared/shards --engine ray --address auto",
)


@with_option_groups
def run(
    source: Annotated[
        Path,
        typer.Argument(help="Folder of photographs and clips, or a .csv list: path[,identity][,synthetic]."),
    ] = RAW_IMAGES,
    out: Annotated[Path, AsOption("Folder for the shards.")] = PROCESSED_IMAGES,
    layout: Annotated[
        LayoutName | None, AsOption("How the photographs lie; recognised if not told.", SOURCE)
    ] = None,
    *,
    selection: Annotated[Selection, Panel(SOURCE)],
    reading: Annotated[Reading, Panel(SOURCE)],
    clip_options: Annotated[ClipOptions, Panel(CLIPS)],
    options: AlignOptions,
    shard_size: Annotated[int, AsOption("Photographs and frames per shard.", WORK, least=1)] = 256,
    engine: Annotated[Engine, Panel(WORK)],
    overwrite: OverwriteShards = False,
) -> None:
    """Find the face in every photograph and clip, align it, write HDF5 shards. Goes on where it stopped."""
    if engine.name is EngineName.LOCAL and engine.workers != 1:
        start_fork_server("align.shards.job")
    from align.shards.run import align_source
    from align.sources.find import find_source
    from common.runtime.onnx_session import fallback_notes

    refuse_unknown_detector(options.detector)
    found = find_source(source, layout, selection, reading, clips=True)
    _tell_source(found, source, layout is None)
    if clip_options != USUAL_FRAMES and not found.clips:
        print_notes([f"--frames, --every and --all-frames say nothing here: there are no clips in {source}"])
    if options.template is not Template.ARCFACE:
        template = described_template(options.template, options.margin)
        console.print(f"crops of {options.size}x{options.size}, template {template}")
    print_notes(fallback_notes(options.device))
    with progress_bar("Aligning") as progress:
        summary = align_source(
            found,
            out,
            options,
            clip_options=clip_options,
            shard_size=shard_size,
            engine=engine,
            overwrite=overwrite,
            progress=progress,
        )
    _tell_summary(summary, out)
    if not summary.aligned:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary.rejected.most_common(3))
        files = counted_files(summary.photographs, summary.clips)
        raise UserError(f"none of the {files} was aligned: {reasons}")
    # pairs share photographs by design; shards of a cluster would all have to come to this machine
    if summary.crops and found.layout is not LayoutName.PAIRS and engine.name is EngineName.LOCAL:
        from align.shards.equal_crops import equal_crop_notes

        with progress_bar("Comparing", "crops") as progress:
            notes = equal_crop_notes(out, progress)
        print_notes(notes)


def _tell_source(found: "Source", source: Path, recognised: bool) -> None:
    console.print(
        f"{counted_files(len(found.photographs), found.clips)} of "
        f"{counted(found.people, 'person', 'people')} in {escape(str(source))}, "
        f"{found.synthetic:,} of them synthetic; layout {found.layout}"
        f"{' (recognised; --layout tells another)' if recognised else ''}"
    )
    if found.passed_over:
        console.print(
            f"[yellow]{counted(found.passed_over, 'other')} passed over:[/] the layout does not look there"
        )
    console.print(source_table(found.account()))
    for left_over in found.taking.left_over():
        console.print(f"[yellow]{escape(printable(left_over))}[/]")


def _tell_summary(summary: "AlignSummary", out: Path) -> None:
    shards = counted(summary.shards, "shard")
    reused = f", {summary.kept_shards} of them already there" if summary.kept_shards else ""
    crops = f" ({counted(summary.crops, 'face')})" if summary.crops != summary.aligned else ""
    console.print(
        f"[bold green]{summary.aligned:,}[/] of {counted_files(summary.photographs, summary.clips)} "
        f"aligned{crops} into {shards}{reused}: {escape(str(out))}"
    )
    if summary.faceless:
        console.print(
            f"[yellow]no face[/] in {summary.faceless:,} of {counted(summary.frames, 'frame')} of clips"
        )
    if summary.outdated_shards:
        console.print(
            f"[yellow]{summary.outdated_shards} of them made anew:[/] an earlier version made them, whose "
            "crops are not the same"
        )
    if summary.rejected:
        console.print(reasons_table(summary.rejected, str(summary.report)))
