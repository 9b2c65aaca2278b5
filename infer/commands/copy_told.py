"""`--render`, an annotated copy of a video: its option, written and told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape

from common.runtime.as_option import AsOption
from common.runtime.command_line import console, print_notes, printable, progress_bar
from common.runtime.errors import ParameterError

if TYPE_CHECKING:
    from infer.classification.faces import ClassifiedFaces
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


def refuse_unless_clip(source: Path, is_one: bool, copy: Path | None) -> None:
    """Raise UserError for a copy that is asked for of what is not one clip, or cannot be written there."""
    if copy is None:
        return
    from align.sources.photograph import is_clip
    from infer.render.render import refuse_copy

    if not (is_one and is_clip(source.name)):
        raise ParameterError("{render} takes one clip, which {} is not; leave it out", source)
    refuse_copy(copy, source)


def write_copy_of_clip(source: Path, faces: "ClassifiedFaces", copy: Path) -> None:
    """Write an annotated copy of the one classified clip, and tell of it, or that no face was found."""
    if not faces.clips:
        console.print("[yellow]note:[/] no annotated copy was written: no face was found to mark")
        return
    from infer.classification.annotated import annotation_of

    (row,) = faces.clips
    last = max(int(track.frame[-1]) for track in faces.clips[row].tracks)
    write_copy(source, copy, annotation_of(faces, row), last + 1)
