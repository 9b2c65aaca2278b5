"""`infer embed`: options and output."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from common.runtime.as_option import Workers
from common.runtime.command_line import console, examples, print_notes, progress_bar
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from infer.commands.model_told import tell_model
from infer.commands.options import ModelChoice
from infer.embed_request import EmbedRequest

EXAMPLES = examples(
    "python -m infer embed datasets/raw_images --out embeddings.h5",
    "python -m infer embed datasets/processed_images --out embeddings.npy --model encoder.onnx",
    "python -m infer embed photographs.csv --out embeddings/photographs.h5 --workers 8",
)


@with_option_groups
def embed(
    source: Annotated[
        Path,
        typer.Argument(
            help="Folder of photographs and videos, one of them, or a CSV that lists them, "
            "path\\[,identity]\\[,synthetic]; or a folder of shards that 'align run' made.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="File to write: .h5, which holds paths and labels too, or .npy, with these in a .csv "
            "and the model in a .npy.json beside it. Images without a usable face are in NAME_rejected.csv, "
            "the frames that are averaged of videos in NAME_frames.csv.",
            show_default=False,
        ),
    ],
    *,
    model: ModelChoice,
    wanted: EmbedRequest,
    workers: Workers = None,
) -> None:
    """Embed photographs, or the crops of stage 1: one vector of unit length each, for a search or a study.

    A video has one vector as well: the mean of the best frames of whoever is most prominent in it.
    """
    from common.formats.shard_folder import is_shard_folder
    from infer.embed import embed_source
    from infer.output.embedding_file import files_of

    files = files_of(out)
    stored = is_shard_folder(source)
    loaded = model.load(stored)
    tell_model(loaded, stored)
    with progress_bar("Embedding") as progress:
        found = embed_source(source, out, loaded, workers, progress, wanted)
    print_notes(found.notes)
    names = escape(" and ".join(map(str, files)))
    console.print(
        f"{counted(found.rows, 'embedding')} of {loaded.card.embedding_size} numbers with "
        f"{escape(loaded.card.name)}: {names}"
    )
    if found.frames_file is not None:
        console.print(f"Frames of videos that are averaged: {escape(str(found.frames_file))}")
    if found.rejected:
        console.print(
            f"[yellow]{counted(found.rejected, 'image')} without a usable face[/]: "
            f"{escape(str(found.rejects_file))}"
        )
