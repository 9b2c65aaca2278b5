"""What stage 1 is measured against."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Aligner
from align.detectors.detection import DetectorSettings
from align.detectors.embedded_network import MEAN_RGB
from align.detectors.session import open_session
from common.runtime.worker_processes import available_cores

Image = NDArray[np.uint8]


def norm_crops(paths: Sequence[Path]) -> int:
    """The peer, as a user writes it, with its libraries' default threads. Returns the number of crops."""
    import retinaface
    from insightface.utils.face_align import norm_crop

    crops = []
    for path in paths:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        faces = retinaface.detect_faces(image)
        if faces:
            crops.append(norm_crop(image, np.array([(point.x, point.y) for point in faces[0].landmarks])))
    return len(crops)


def detector_alone(images: Sequence[Image], count: int) -> float:
    """Seconds for the published network on `count` ready tensors, one session per core.

    Images larger than the detector's own 640 pixels are shrunk to that, as facetrust does.
    """
    from align.detectors.resizing import shrink

    mean = np.array(MEAN_RGB, np.float32)
    tensors = [
        np.ascontiguousarray((shrink(image, 640).astype(np.float32) - mean).transpose(2, 0, 1)[None, ::-1])
        for image in images
    ]
    return _on_all_cores(_published, tensors, count)


def split_detector_alone(paths: Sequence[Path], count: int) -> float:
    """Seconds for facetrust's network in two parts, each run as often as stage 1 runs it for these files."""
    return _on_all_cores(_split, list(paths), count)


def _published(tensors: list[NDArray[np.float32]]) -> Callable[[int], object]:
    from retinaface.weights import WEIGHTS

    session = open_session(WEIGHTS, DetectorSettings())
    return lambda index: session.run(None, {"input": tensors[index % len(tensors)]})


def _split(paths: list[Path]) -> Callable[[int], object]:
    """Records what the aligner asks of its sessions, and repeats it."""
    aligner = Aligner()
    calls = []
    recorded: list[list[tuple]] = []
    for part in ("_coarse", "_fine"):
        session = getattr(aligner.detector, part)
        if session is not None:  # on a GPU the network is whole
            setattr(aligner.detector, part, _Recorder(session, calls))
    for path in paths:
        aligner.align(path)
        recorded.append(list(calls))
        calls.clear()

    def run(index: int) -> None:
        for session, feed in recorded[index % len(recorded)]:
            session.run(None, feed)

    return run


class _Recorder:
    def __init__(self, session: object, calls: list[tuple]) -> None:
        self._session, self._calls = session, calls

    def run(self, outputs: None, feed: dict) -> object:
        self._calls.append((self._session, feed))
        return self._session.run(outputs, feed)


def _on_all_cores(prepare: Callable, inputs: list, count: int) -> float:
    """The time of the slowest of as many processes as there are cores, preparation left out."""
    context = multiprocessing.get_context("spawn")
    cores = available_cores()
    barrier, results = context.Barrier(cores), context.Queue()
    share = -(-count // cores)
    workers = [
        context.Process(target=_work, args=(prepare, inputs, share, barrier, results)) for _ in range(cores)
    ]
    for worker in workers:
        worker.start()
    taken = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return max(taken)


def _work(
    prepare: Callable, inputs: list, share: int, barrier: Barrier, results: multiprocessing.Queue
) -> None:
    cv2.setNumThreads(1)
    run = prepare(inputs)
    run(0)
    barrier.wait()
    start = time.perf_counter()
    for index in range(share):
        run(index)
    results.put(time.perf_counter() - start)
