"""What the way of a clip to its crops is measured against."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from align.media.video import VideoFrames
from align.tracks.options import ClipOptions
from common.runtime.worker_processes import available_cores


def plain_loop(clips: Sequence[Path], every: float | None) -> int:
    """The peer, as a user writes it: OpenCV, each frame detected at its full size, insightface's crop.

    Returns the number of frames that were looked at. Frames between these are grabbed alone.
    """
    import retinaface
    from insightface.utils.face_align import norm_crop

    looked_at = 0
    for clip in clips:
        video = cv2.VideoCapture(str(clip))
        following = 0.0
        while video.grab():
            if every is not None:
                if video.get(cv2.CAP_PROP_POS_MSEC) / 1000 + 1e-6 < following:
                    continue
                following += every
            image = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
            looked_at += 1
            for face in retinaface.detect_faces(image):
                norm_crop(image, np.array([(point.x, point.y) for point in face.landmarks]))
        video.release()
    return looked_at


def frames_of(clip: Path, options: ClipOptions) -> list[NDArray[np.uint8]]:
    """The frames that are looked at, RGB."""
    return [frame.image for frame in VideoFrames(clip, options.choice)]


def decoding_alone(clips: Sequence[Path], options: ClipOptions) -> float:
    """Seconds to decode the frames to RGB, clip by clip on all cores, the start of processes left out."""
    with ProcessPoolExecutor(available_cores(), get_context("spawn")) as pool:
        list(pool.map(_nothing, range(4 * available_cores())))
        start = time.perf_counter()
        list(pool.map(_decode, clips, [options] * len(clips)))
        return time.perf_counter() - start


def _nothing(_: int) -> None:
    time.sleep(0.1)  # so that every process has to start


def _decode(clip: Path, options: ClipOptions) -> int:
    return sum(1 for _ in VideoFrames(clip, options.choice))
