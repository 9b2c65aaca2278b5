"""Photographs aligned in worker processes, some at a time, while the model runs in this one."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from align.crops.aligner import align_photographs
from align.crops.options import AlignOptions
from align.detectors.registry import NONE
from common.runtime.onnx_session import processes_on
from common.runtime.worker_processes import available_cores, run_in_processes, start_fork_server

CHUNK = 64  # photographs aligned by one task, and given to the model at one time

Source = TypeVar("Source")
Outcome = TypeVar("Outcome")


def in_chunks(
    align: Callable[[Sequence[Source]], list[Outcome]],
    images: Sequence[Source],
    options: AlignOptions,
    workers: int | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    chunk: int = CHUNK,
) -> Iterator[dict[int, Outcome]]:
    """What `align` makes of up to `chunk` images at a time, by row; the chunks come in any order.

    Args:
        align: a function of a module, or a `partial` of one, that worker processes are given.
        images: in any form that `align` takes.
        options: by which it looks for faces.
        workers: processes; by default as many as the detector's device takes. One chunk is done
            without.
        progress: is called with images done and in all.
        chunk: images that are one task.

    Raises UserError when a worker dies.
    """
    if workers is None and options.detector != NONE:
        workers = processes_on(options.device)
    chunks = [images[start : start + chunk] for start in range(0, len(images), chunk)]
    if min(len(chunks), workers or available_cores()) > 1:
        start_fork_server(align_photographs.__module__)  # its imports are then done once, for all workers
    done = 0
    for index, outcomes in run_in_processes(align, chunks, workers):
        yield dict(enumerate(outcomes, index * chunk))
        done += len(outcomes)
        progress(done, len(images))
