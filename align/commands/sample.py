"""`align sample`: options and output."""

from pathlib import Path
from typing import Annotated

from rich.markup import escape

from align.commands.options import RAW_IMAGES, TEST_PAIRS
from common.runtime.as_option import AsOption, Workers
from common.runtime.command_line import console, examples, progress_bar
from common.runtime.option_groups import with_option_groups
from facetrust.sample.options import SampleOptions

EXAMPLES = examples("python -m align sample", "python -m align sample --identities 40 --photos 6 --seed 7")


@with_option_groups
def sample(
    out: Annotated[Path, AsOption("Folder for the photographs of the people to train on.")] = RAW_IMAGES,
    test_out: Annotated[Path, AsOption("Folder for the test pairs.")] = TEST_PAIRS,
    *,
    options: SampleOptions,
    workers: Workers = None,
    overwrite: Annotated[bool, AsOption("Replace an earlier sample.")] = False,
) -> None:
    """Render a sample data set of people who do not exist, with bona fide and manipulated photographs."""
    from facetrust.sample.dataset import write_sample

    with progress_bar("Rendering") as progress:
        summary = write_sample(
            out, test_out, options, workers=workers, progress=progress, overwrite=overwrite
        )
    if summary.already_there:
        console.print(f"The sample is already there: {escape(f'{out}, {test_out}')}")
    else:
        console.print(
            f"{options.identities} people in {out}, {options.pairs} test pairs of {options.test_identities} "
            f"others in {test_out}"
        )
