"""Options and output of `python -m align`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.command_line import console, examples, new_app, progress_bar, run_app

RAW_IMAGES = Path("datasets/raw_images")
PROCESSED_IMAGES = Path("datasets/processed_images")
TEST_PAIRS = Path("data/test_public")

app = new_app("Stage 1: photographs to aligned 112x112 face crops.")


def main() -> None:
    """Entry point of `python -m align`."""
    run_app(app)


@app.command(
    epilog=examples(
        "python -m align run datasets/raw_images",
        "python -m align run ~/photos --out datasets/mine --workers 8",
    )
)
def run(
    source: Annotated[
        Path,
        typer.Argument(help="Folder with one subfolder of photographs per person, and optionally meta.json."),
    ] = RAW_IMAGES,
    out: Annotated[Path, typer.Option(help="Folder for the shards.")] = PROCESSED_IMAGES,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
    shard_size: Annotated[int, typer.Option(min=1, help="Photographs per shard.")] = 256,
) -> None:
    """Find the face in every photograph, align it, and write HDF5 shards. Continues where it was stopped."""
    from align.run import align_folder

    with progress_bar("Aligning") as progress:
        summary = align_folder(source, out, shard_size, workers, progress)
    shards = f"{summary.shards} shard{'s' if summary.shards != 1 else ''}"
    reused = f", {summary.kept_shards} of them already there" if summary.kept_shards else ""
    console.print(
        f"[bold green]{summary.aligned:,}[/] of {summary.photographs:,} photographs aligned into "
        f"{shards}{reused}: {escape(str(out))}"
    )
    if summary.rejected:
        table = Table(
            "reason",
            "photographs",
            title=f"{summary.rejected.total():,} rejected: {escape(str(summary.report))}",
        )
        for reason, count in summary.rejected.most_common():
            table.add_row(escape(reason), f"{count:,}")
        console.print(table)


@app.command(
    epilog=examples("python -m align show", "python -m align show datasets/mine --out sheet.png --people 20")
)
def show(
    shards: Annotated[Path, typer.Argument(help="Folder of shards.")] = PROCESSED_IMAGES,
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
