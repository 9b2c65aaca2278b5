"""`align sample`: options and output."""

from pathlib import Path
from typing import Annotated

from rich.markup import escape

from align.commands.options import CLIPS, RAW_IMAGES, TEST_PAIRS
from common.runtime.as_option import AsOption, Workers
from common.runtime.command_line import console, examples, progress_bar
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from facetrust.sample.options import ClipOptions, SampleOptions

EXAMPLES = examples(
    "python -m align sample",
    "python -m align sample --identities 40 --photos 6 --seed 7",
    "python -m align sample --clips 60 --out datasets/clips",
)


@with_option_groups
def sample(
    out: Annotated[
        Path | None,
        AsOption(
            "Folder for the photographs of the people to train on, or for the clips.",
            default=f"{RAW_IMAGES}, of clips {CLIPS}",
        ),
    ] = None,
    test_out: Annotated[Path, AsOption("Folder for the test pairs.")] = TEST_PAIRS,
    *,
    options: SampleOptions,
    clips: Annotated[
        int | None,
        AsOption(
            "Instead of photographs: short videos, up to five of each person, three of them forged.", least=1
        ),
    ] = None,
    workers: Workers = None,
    overwrite: Annotated[bool, AsOption("Replace an earlier sample.")] = False,
) -> None:
    """Render a sample data set of people who do not exist, with bona fide and manipulated photographs.

    Of the options, --clips heeds --out, --seed, --workers and --overwrite.
    """
    if clips is not None:
        _render_clips(out or CLIPS, ClipOptions(clips, options.seed), workers, overwrite)
        return
    out = out or RAW_IMAGES
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


def _render_clips(out: Path, options: ClipOptions, workers: int | None, overwrite: bool) -> None:
    from facetrust.sample.clips.dataset import write_clips

    with progress_bar("Rendering", "clips") as progress:
        summary = write_clips(out, options, workers=workers, progress=progress, overwrite=overwrite)
    if summary.already_there:
        console.print(f"The clips are already there: {escape(str(out))}")
        return
    console.print(
        f"{counted(summary.clips, 'clip')} of {counted(summary.people, 'person', 'people')}, "
        f"{summary.synthetic:,} synthetic and {summary.switched:,} in which the person changes: "
        f"{escape(str(out))}"
    )
