"""Which frames of clips are looked at: all that determines their crops besides `AlignOptions`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.errors import ParameterError

if TYPE_CHECKING:  # it brings PyAV, which photographs and `--help` have no use for
    from align.media.video_choice import FrameChoice

FRAMES = 32  # of DeepfakeBench


@dataclass(frozen=True)
class ClipOptions:
    """The frames that are taken of clips: one of three choices, by default `FRAMES` evenly spaced ones.

    Raises ParameterError for two choices at once and for values out of range.
    """

    frames: Annotated[
        int | None, AsOption("So many frames, evenly spaced.", default=str(FRAMES), least=1)
    ] = None
    every: Annotated[float | None, AsOption("A frame every so many seconds.")] = None
    all_frames: Annotated[bool, AsOption("Every frame.")] = False

    def __post_init__(self) -> None:
        if (self.frames is not None) + (self.every is not None) + self.all_frames > 1:
            raise ParameterError("{frames}, {every} and {all_frames} exclude each other; give one of them")
        if self.frames is not None and self.frames < 1:
            raise ParameterError("{frames} must be 1 or more, not {}", self.frames)
        if self.every is not None and not 0 < self.every < float("inf"):
            raise ParameterError("{every} must be above 0 seconds, not {}", self.every)

    @property
    def most_frames(self) -> int | None:
        """How many frames a clip gives at most; None where its length decides."""
        return None if self.all_frames or self.every is not None else self.frames or FRAMES

    @property
    def choice(self) -> "FrameChoice":
        """What reads them."""
        from align.media.video_choice import AllFrames, Evenly, EverySeconds

        if self.every is not None:
            return EverySeconds(self.every)
        return AllFrames() if self.most_frames is None else Evenly(self.most_frames)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by the names of the command line; None for the choices not taken."""
        return {"frames": self.most_frames, "every": self.every, "all-frames": self.all_frames or None}


USUAL_FRAMES = ClipOptions()
