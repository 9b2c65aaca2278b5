"""One verification in a warm process, part by part, and the start of the command line."""

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from align.crops.aligner import AlignedFace, Aligner
from align.detectors.detection import Detection, Detector, EarlyExit
from align.media.read import ImageFile
from common.runtime.errors import UserError
from infer.embeddings import align_options
from infer.examine import Examiner
from infer.models.model import Model

WHOLE, READ, DETECT, CROP, EMBED = "whole", "read and decode", "detect", "choose and crop", "embed"
WARM_UP = 3


class TimedDetector:
    """A detector whose seconds are added up; see `Detector`."""

    def __init__(self, detector: Detector) -> None:
        self.name, self.sha256 = detector.name, detector.sha256
        self.batch_size, self.wanted_side = detector.batch_size, detector.wanted_side
        self.levels = detector.levels
        self.seconds = 0.0
        self._detector = detector

    def detect_batch(
        self, images: Sequence[NDArray[np.uint8]], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        """See `Detector.detect_batch`."""
        start = time.perf_counter()
        found = self._detector.detect_batch(images, early_exits)
        self.seconds += time.perf_counter() - start
        return found


def measure_latency(photographs: Sequence[Path], model: Model, count: int) -> dict[str, list[float]]:
    """Seconds of `count` verifications of two photographs each, as a whole and, done once more, by parts.

    Raises UserError when no photograph shows a face.
    """
    examiner = Examiner(model)
    aligner = Aligner(align_options(model, aligned=False))
    assert aligner.detector is not None
    detector = TimedDetector(aligner.detector)
    aligner.detector = detector
    pairs = [pair for pair in itertools.pairwise(photographs) if _show_faces(aligner, pair)]
    if not pairs:
        raise UserError("no two photographs in a row show faces; name others with --photographs")
    seconds: dict[str, list[float]] = {name: [] for name in (WHOLE, READ, DETECT, CROP, EMBED)}
    for turn, pair in enumerate(itertools.islice(itertools.cycle(pairs), WARM_UP + count)):
        taken = {WHOLE: _timed(lambda pair=pair: examiner.examine(pair))}  # type: ignore[misc]
        taken |= _parts(pair, aligner, detector, model)
        for name, value in taken.items():
            seconds[name] += [value] if turn >= WARM_UP else []
    return seconds


def latency_table(seconds: dict[str, list[float]]) -> Table:
    """Median and 95th percentile of each part."""
    table = Table("of one verification", "p50 ms", "p95 ms", "share of the whole")
    whole = statistics.median(seconds[WHOLE])
    for name, taken in seconds.items():
        middle, high = np.percentile(taken, [50, 95])
        table.add_row(name, f"{1000 * middle:.2f}", f"{1000 * high:.2f}", f"{middle / whole:.0%}")
    return table


def measure_starts(count: int) -> tuple[float, float]:
    """Least and median seconds of `python -m infer verify --help`."""
    words = [sys.executable, "-m", "infer", "verify", "--help"]
    root = Path(__file__).resolve().parents[2]
    taken = [
        _timed(lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=root))
        for _ in range(count)
    ]
    return min(taken), statistics.median(taken)


def _show_faces(aligner: Aligner, pair: Sequence[Path]) -> bool:
    return all(isinstance(aligner.align(path), AlignedFace) for path in pair)


def _parts(pair: Sequence[Path], aligner: Aligner, detector: TimedDetector, model: Model) -> dict[str, float]:
    """Seconds of the parts, both photographs together."""
    read = _timed(lambda: [ImageFile(path).decode() for path in pair])
    detector.seconds = 0.0
    faces: list[AlignedFace] = []
    aligned = _timed(
        lambda: faces.extend(found for path in pair if isinstance(found := aligner.align(path), AlignedFace))
    )
    embed = _timed(lambda: model.embed(np.stack([face.image for face in faces])))
    return {READ: read, DETECT: detector.seconds, CROP: aligned - read - detector.seconds, EMBED: embed}


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
