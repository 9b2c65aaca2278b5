"""Limits on the cost of a request."""

import os
from dataclasses import dataclass

from align.media.video_limits import USUAL_LIMITS, VideoLimits

FEWEST_TO_VERIFY = 2
MOST_PHOTOGRAPHS = 10
MOST_FACES = 20  # of a photograph that are classified
WAITING = 8  # requests beyond those examined: each may hold a whole upload in memory
RETRY_AFTER_S = 2
MOST_RATE = 120  # frames a second of a video, as phones film slow motion


@dataclass(frozen=True)
class ServiceLimits:
    """The bounds of a service.

    Uploads take at most `max_body * (concurrency + WAITING)` bytes of memory, and decoded photographs about
    `8 * max_pixels * concurrency`.

    Attributes:
        max_body: bytes of a request, all its photographs together.
        max_pixels: of a photograph, by its header, before any pixel is decoded, and of a frame of a video.
        clip_seconds: of a video, from its first frame to its last.
        decode_seconds: of the processor, that a video is decoded in.
        concurrency: requests examined at the same time, each in a thread; `None` for one per core.
        body_seconds: in which a request must have arrived as a whole.
        pause_seconds: for which it may stall.
        drain_seconds: for which the rest of a refused request is read and thrown away, so that the client
            comes to read the answer.
    """

    max_body: int = 64_000_000
    max_pixels: int = 40_000_000
    clip_seconds: float = 30.0
    decode_seconds: float = 30.0
    concurrency: int | None = None
    body_seconds: float = 60.0
    pause_seconds: float = 10.0
    drain_seconds: float = 3.0

    @property
    def threads(self) -> int:
        """The number of threads that examine."""
        return self.concurrency or os.cpu_count() or 1

    @property
    def of_clip(self) -> VideoLimits:
        """The bounds of a video."""
        return VideoLimits(
            self.max_body,
            min(self.max_pixels, USUAL_LIMITS.pixels),
            self.clip_seconds,
            int(self.clip_seconds * MOST_RATE),
            self.decode_seconds,
        )
