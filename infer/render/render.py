"""An annotated copy of a video: every frame read, marked and written again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from align.media.unreadable import UnreadableImageError
from align.media.video import VideoFrames
from align.media.video_choice import AllFrames
from align.media.video_process import GuardedFrames
from common.runtime.atomic import write_atomically
from common.runtime.errors import ParameterError, UserError
from infer.output.palette import LIGHT
from infer.render.drawing import draw_marks
from infer.render.marked_track import BETWEEN, MarkedTrack
from infer.render.video_writer import best_encoder, write_video

LONGEST_SIDE = 1920  # pixels of the copy
USUAL_STEP = 0.1  # seconds, where one frame alone was looked at
SUFFIX = ".mp4"


@dataclass(frozen=True)
class Annotation:
    """What is drawn into a video.

    Attributes:
        tracks: the faces.
        step: seconds between frames that were looked at.
        headline: what the video comes to, in words of ASCII.
        colour: of the headline, as #rrggbb.
    """

    tracks: Sequence[MarkedTrack]
    step: float
    headline: str
    colour: str = LIGHT["ink"]


@dataclass(frozen=True)
class Rendered:
    """A copy that was written."""

    frames: int
    notes: tuple[str, ...]  # what a person should know of it


def usual_step(seconds: NDArray[np.float64]) -> float:
    """The median of the times between frames that were looked at at `seconds`, in any order."""
    steps = np.diff(np.unique(seconds))
    return float(np.median(steps)) if len(steps) else USUAL_STEP


def refuse_copy(out: Path, video: Path) -> None:
    """Raise UserError where an annotated copy of a video cannot be written there."""
    if out.suffix.lower() != SUFFIX or out.is_dir():
        raise ParameterError("{render} is written as MP4, so name a file that ends in .mp4, not {}", out)
    if out.resolve() == video.resolve():
        raise ParameterError("{render} {} would overwrite the video; name another file", out)


def render_video(
    video: Path, out: Path, annotation: Annotation, progress: Callable[[int], None] = lambda done: None
) -> Rendered:
    """Write an annotated copy of a video, whole or not at all: an MP4 without sound, upright.

    Every frame keeps its time. Of larger frames the longer side becomes `LONGEST_SIDE`. Frames are decoded as
    by `align run`, in a process of their own and within its bounds; one at a time is in memory. `progress` is
    called with frames done.

    Raises UserError where the video cannot be read, and OSError where the copy cannot be written.
    """
    frames, encoder, count = GuardedFrames(VideoFrames(video, AllFrames())), best_encoder(), 0

    def annotated() -> Iterator[tuple[NDArray[np.uint8], float]]:
        nonlocal count
        size = None
        for frame in frames:
            size = size or _size_of_copy(frame.image)
            yield _annotated(frame.image, *size, annotation, frame.seconds), frame.seconds
            count += 1
            progress(count)

    try:
        write_atomically(out, lambda temporary: write_video(temporary, annotated(), encoder))
    except UnreadableImageError as error:
        raise UserError(f"{video}: {error}") from error
    notes = ["the copy has no sound"]
    if encoder != "libx264":
        notes.append(
            "it is MPEG-4 part 2, which browsers do not play: this build of libav cannot write H.264"
        )
    if frames.truncated:
        notes.append("the video is damaged or lacks its end, and the copy ends where it does")
    if annotation.step > BETWEEN:
        notes.append(
            f"a frame every {annotation.step:.1f} s was looked at, so that boxes come and go; --every 0.2 "
            "follows faces"
        )
    return Rendered(count, tuple(notes))


def _size_of_copy(image: NDArray[np.uint8]) -> tuple[int, int]:
    """Height and width, even, as the colours of H.264 take them."""
    scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
    height, width = (max(2, 2 * round(side * scale / 2)) for side in image.shape[:2])
    return height, width


def _annotated(
    image: NDArray[np.uint8], height: int, width: int, annotation: Annotation, seconds: float
) -> NDArray[np.uint8]:
    scale = np.tile([width / image.shape[1], height / image.shape[0]], 2)
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    found = (track.at(seconds, annotation.step) for track in annotation.tracks)
    marks = [mark._replace(box=mark.box * scale) for mark in found if mark is not None]
    copy = np.ascontiguousarray(resized, np.uint8)
    draw_marks(copy, marks, seconds, annotation.headline, annotation.colour)
    return copy
