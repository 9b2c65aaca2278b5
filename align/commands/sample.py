"""`align sample`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from align.commands.options import RAW_IMAGES, TEST_PAIRS
from common.runtime.command_line import console, examples, progress_bar

EXAMPLES = examples("python -m align sample", "python -m align sample --identities 40 --photos 6 --seed 7")


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
    from facetrust.sample.dataset import SampleOptions, write_sample

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
