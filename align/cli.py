"""Options and output of `python -m align`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.engines.engine import Engine, EngineName
from align.engines.local import start_fork_server
from align.options import AlignOptions, Device, FaceChoice, OnMissing
from align.sources.recognise import LayoutName
from align.sources.selection import Selection
from align.tables import reasons_table
from common.command_line import console, examples, new_app, printable, progress_bar, run_app
from common.crop_frame import Template
from common.errors import UserError

RAW_IMAGES = Path("datasets/raw_images")
PROCESSED_IMAGES = Path("datasets/processed_images")
TEST_PAIRS = Path("data/test_public")

SOURCE, DETECTION, CROP, WORK = "Which photographs", "Finding the face", "The crop", "The work"
FORGERIES = "The forgeries"
Shards = Annotated[Path, typer.Argument(help="Folder of shards.")]

app = new_app("Stage 1: photographs to aligned face crops in HDF5 shards.")


def main() -> None:
    """Entry point of `python -m align`."""
    run_app(app)


@app.command(
    epilog=examples(
        "python -m align run datasets/raw_images",
        "python -m align run ~/photos --out datasets/mine --workers 8",
        "python -m align run list.csv --out datasets/listed --limit 1000 --exclude '*/blurred/*'",
        "python -m align run ~/photos --out datasets/wide --size 224 --template loose --margin 0.3",
        "python -m align run ~/photos --out datasets/scrfd --detector insightface:buffalo_l",
        "python -m align run /shared/photos --out /shared/shards --engine ray --address auto",
    )
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
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes; by default one per core.", rich_help_panel=WORK),
    ] = None,
    engine: Annotated[
        EngineName, typer.Option(help="This machine's cores, or a Ray cluster.", rich_help_panel=WORK)
    ] = EngineName.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(help="Of the Ray cluster; one is started here if not told.", rich_help_panel=WORK),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Make existing shards anew.", rich_help_panel=WORK)
    ] = False,
) -> None:
    """Find the face in every photograph, align it, and write HDF5 shards. Continues where it was stopped."""
    options = AlignOptions(
        detector, det_size, min_score, min_face, face, size, template, margin, on_missing, device
    )
    spread = Engine(engine, workers, address)
    selection = Selection(tuple(include or ()), tuple(exclude or ()), limit, follow_links)

    if engine is EngineName.LOCAL and workers != 1:
        start_fork_server("align.shard_job")
    from align.run import align_source
    from align.sources.find import find_source

    found = find_source(source, layout, selection)
    console.print(
        f"{len(found.photographs):,} photographs of {found.people:,} people in {escape(str(source))}, "
        f"{found.synthetic:,} of them synthetic; layout {found.layout}"
        f"{'' if layout else ' (recognised; --layout tells another)'}"
    )
    if found.passed_over:
        console.print(f"[yellow]{found.passed_over:,} others passed over:[/] the layout does not look there")
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
    if summary.rejected:
        console.print(reasons_table(summary.rejected, str(summary.report)))


@app.command(
    epilog=examples(
        "python -m align forge datasets/processed_images --preview results/forgeries.png",
        "python -m align forge datasets/processed_images --out datasets/forged",
        "python -m align forge datasets/mine --out datasets/swapped --methods swap --per-image 3 --seed 7",
        "python -m align forge datasets/mine --out datasets/forged --post-process 0.5 --workers 8",
    )
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
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes; by default one per core.", rich_help_panel=WORK),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Make existing shards anew.", rich_help_panel=WORK)
    ] = False,
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

    options = ForgeOptions(parse_methods(methods), per_image, seed, post_process)
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


@app.command(epilog=examples("python -m align check", "python -m align check datasets/mine"))
def check(shards: Shards = PROCESSED_IMAGES) -> None:
    """Verify every shard against the manifest: none missing, altered or foreign. Status 1 if not."""
    from align.check import check_shards

    with progress_bar("Checking", "shards") as progress:
        report = check_shards(shards, progress)
    for name, problem in report.problems:
        console.print(f"[bold red]{escape(printable(name))}[/]: {escape(printable(problem))}")
    if report.problems:
        wrong = len(report.problems)
        console.print(f"{wrong} file{'s are' if wrong > 1 else ' is'} not as written: {escape(str(shards))}")
        raise typer.Exit(1)
    console.print(
        f"[bold green]As written[/]: {report.shards} shard{'s' if report.shards != 1 else ''}, "
        f"{report.rows:,} crops: {escape(str(shards))}"
    )


@app.command(epilog=examples("python -m align info", "python -m align info datasets/mine"))
def info(shards: Shards = PROCESSED_IMAGES) -> None:
    """Count people, bona fide and synthetic crops, detection scores, and rejects by reason."""
    from align.info import summarise
    from align.tables import info_table, score_histogram

    found = summarise(shards)
    console.print(info_table(found, str(shards)))
    console.print(score_histogram(found.score_histogram))
    if found.rejected:
        console.print(reasons_table(found.rejected))


@app.command(
    epilog=examples("python -m align show", "python -m align show datasets/mine --out sheet.png --people 20")
)
def show(
    shards: Shards = PROCESSED_IMAGES,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("results/contact_sheet.png"),
    people: Annotated[int, typer.Option(min=1, help="Rows: how many people.")] = 10,
    per_person: Annotated[int, typer.Option(min=1, help="Columns: crops of each.")] = 10,
) -> None:
    """Draw a contact sheet of crops with their landmarks; synthetic ones are framed red."""
    from align.show import contact_sheet

    count = contact_sheet(shards, out, people, per_person)
    console.print(f"{count} crops drawn: {escape(str(out))}")


@app.command(
    epilog=examples("python -m align sample", "python -m align sample --identities 40 --photos 6 --seed 7")
)
def sample(
    out: Annotated[
        Path, typer.Option(help="Folder for the photographs of the people to train on.")
    ] = RAW_IMAGES,
    test_out: Annotated[Path, typer.Option(help="Folder for the test pairs.")] = TEST_PAIRS,
    identities: Annotated[int, typer.Option(min=2, help="People to train on.")] = 400,
    photos: Annotated[int, typer.Option(min=2, help="Bona fide photographs of each.")] = 4,
    synthetic: Annotated[int, typer.Option(min=0, help="Synthetic photographs of each.")] = 2,
    test_identities: Annotated[int, typer.Option(min=2, help="Other people, for the test pairs.")] = 60,
    pairs: Annotated[int, typer.Option(min=3, help="Test pairs, a third per category.")] = 240,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same photographs.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier sample.")] = False,
) -> None:
    """Render a sample data set of people who do not exist, with bona fide and manipulated photographs."""
    from align.sample.dataset import SampleOptions, write_sample

    options = SampleOptions(identities, photos, synthetic, test_identities, pairs, seed)
    with progress_bar("Rendering") as progress:
        summary = write_sample(
            out, test_out, options, workers=workers, progress=progress, overwrite=overwrite
        )
    if summary.already_there:
        console.print(f"The sample is already there: {escape(f'{out}, {test_out}')}")
    else:
        console.print(
            f"{identities} people in {out}, {pairs} test pairs of {test_identities} others in {test_out}"
        )
