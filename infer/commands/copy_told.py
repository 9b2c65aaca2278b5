"""`--render`, an annotated copy of a video: its option, written and told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape

from common.runtime.as_option import AsOption
from common.runtime.command_line import console, print_notes, printable, progress_bar

if TYPE_CHECKING:
    from infer.render.render import Annotation

Render = Annotated[
    Path | None,
    AsOption("Copy of the one video with faces and scores drawn into every frame: an MP4, without sound."),
]


def write_copy(video: Path, out: Path, annotation: "Annotation", frames: int, told: bool = True) -> None:
    """Write an annotated copy, and tell of it; of the video about so many frames are known."""
    from infer.render.render import render_video

    with progress_bar("Rendering", "frames") as progress:
        copy = render_video(video, out, annotation, lambda done: progress(done, max(done, frames)))
    if told:
        print_notes(copy.notes)
        console.print(f"Annotated copy: {escape(printable(str(out)))}")
