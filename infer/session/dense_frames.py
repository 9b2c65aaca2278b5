"""Which frames of a session's video are looked at."""

from dataclasses import dataclass
from typing import Annotated

from align.tracks.options import ClipOptions
from common.runtime.as_option import AsOption

EVERY = 0.1  # seconds: a switch is seen within two frames of it


@dataclass(frozen=True)
class DenseFrames(ClipOptions):
    """The frames of a session's video: by default one every `EVERY` seconds."""

    frames: Annotated[int | None, AsOption("So many frames, evenly spaced.", least=1)] = None
    every: Annotated[float | None, AsOption("A frame every so many seconds.", default=str(EVERY))] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frames is None and self.every is None and not self.all_frames:
            object.__setattr__(self, "every", EVERY)
