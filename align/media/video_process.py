"""The frames of a video, decoded in a process of its own that a decoder may hang or crash in."""

import json
import multiprocessing
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from multiprocessing.connection import Connection

import numpy as np

from align.media.unreadable import NO_MEMORY, UnreadableImageError
from align.media.video import Frame, VideoFrames
from align.media.video_limits import too_slow
from common.runtime.worker_processes import start_fork_server

MARGIN_S = 1  # above the limit that the process itself keeps to, unless its decoder hangs
# what a busy machine may take for the processor time of a limit; a decoder that nothing comes of is waiting
STALLED, STALLED_S = 4, 60


class GuardedFrames:
    """The frames of a `VideoFrames`, read by another process, with the same interface.

    The system ends that process, a second of processor time beyond the limit of decoding, wherever it is in
    the decoder's code; then, where the decoder crashes, and where it waits for ever, iterating raises
    UnreadableImageError, and the calling process goes on. What it sends is read as numbers and pixels, never
    unpickled.
    """

    def __init__(self, frames: VideoFrames) -> None:
        self._frames = frames
        self.truncated = False

    def __iter__(self) -> Iterator[Frame]:
        start_fork_server(__name__)
        context = multiprocessing.get_context("forkserver")
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(self._frames, sending), daemon=True)
        process.start()
        sending.close()
        try:
            yield from self._receive(receiving)
        except EOFError:
            process.join()
            raise UnreadableImageError(self._why_ended(process.exitcode)) from None
        finally:
            process.kill()
            process.join()
            receiving.close()

    def _receive(self, receiving: Connection) -> Iterator[Frame]:
        """Raises EOFError where the process ends before its last word."""
        limit = self._frames.limits.decode_seconds
        while True:
            if not receiving.poll(STALLED * limit + STALLED_S):
                raise UnreadableImageError(too_slow(limit))
            told = json.loads(receiving.recv_bytes())
            if "reason" in told:
                raise UnreadableImageError(told["reason"])
            if "truncated" in told:
                self.truncated = told["truncated"]
                return
            image = np.empty(told["shape"], np.uint8)
            _read_all(receiving.fileno(), image.reshape(-1).data)
            yield Frame(told["index"], told["seconds"], image)

    def _why_ended(self, status: int | None) -> str:
        if status == -signal.SIGXCPU:
            return too_slow(self._frames.limits.decode_seconds)
        if status == -signal.SIGKILL:  # as the system ends what takes its memory
            return NO_MEMORY
        return "damaged video (its decoder crashed)"


def _send(frames: VideoFrames, sending: Connection) -> None:
    """What the process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the calling process ends it
    _limit(resource.RLIMIT_CPU, ceil(frames.limits.decode_seconds) + MARGIN_S)
    _limit(resource.RLIMIT_CORE, 0)  # no file of a crash
    with suppress(BrokenPipeError):  # nobody wants the rest
        try:
            for frame in frames:
                told = {"index": frame.index, "seconds": frame.seconds, "shape": frame.image.shape}
                sending.send_bytes(json.dumps(told).encode())
                _write_all(sending.fileno(), frame.image.reshape(-1).data)
            last: dict[str, object] = {"truncated": frames.truncated}
        except UnreadableImageError as error:
            last = {"reason": str(error)}
        sending.send_bytes(json.dumps(last).encode())


def _write_all(pipe: int, data: memoryview) -> None:
    """Pixels as they are: `Connection` would copy them once more, a few kilobytes at a time."""
    while data:
        data = data[os.write(pipe, data) :]


def _read_all(pipe: int, into: memoryview) -> None:
    """Fills `into`. Raises EOFError where the other end is closed before."""
    while into:
        read = os.readv(pipe, [into])
        if not read:
            raise EOFError
        into = into[read:]


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
