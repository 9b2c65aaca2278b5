"""How a detector's network is run: the session, and the batches that go through it."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path

import onnxruntime

from align.detectors.detection import DetectorSettings
from common.runtime.onnx_session import on_cuda, open_network

CUDA_BATCH = 32


def open_session(model: bytes | Path, settings: DetectorSettings) -> onnxruntime.InferenceSession:
    """A session on the device asked for; raises as `open_network`."""
    name = str(model) if isinstance(model, Path) else "the detector"
    return open_network(model, name, settings.threads, settings.device)


def best_batch_size(session: onnxruntime.InferenceSession) -> int:
    """How many images a network takes best at once: one on a CPU, where batches are slower."""
    return CUDA_BATCH if on_cuda(session) else 1


def batches_of_one_shape(shapes: Iterable[Hashable], size: int) -> Iterator[list[int]]:
    """The indices of the images of each shape, at most `size` at a time."""
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for index, shape in enumerate(shapes):
        alike[shape].append(index)
    for indices in alike.values():
        yield from (indices[start : start + size] for start in range(0, len(indices), size))
