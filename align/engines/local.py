"""Work spread over processes, one core each."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

from common.errors import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_in_processes(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int | None = None
) -> Iterator[tuple[int, Result]]:
    """Yield `(index of the task, function(task))` as tasks finish, in any order.

    Args:
        function: a module-level function; tasks and results must pickle.
        workers: processes; by default one per core that this process may use. With one worker or one task
            everything runs in the calling process.

    Raises UserError when a worker dies; what was yielded before stays valid.
    """
    count = min(workers or available_cores(), len(tasks))
    if count <= 1:
        yield from ((index, function(task)) for index, task in enumerate(tasks))
        return
    context = multiprocessing.get_context("spawn")  # fork would copy the locks of ONNX Runtime's threads
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker) as pool:
        futures = {pool.submit(function, task): index for index, task in enumerate(tasks)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise UserError(
                "a worker process died, perhaps for want of memory; run the same command again to "
                "continue, with fewer --workers if it happens again"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def available_cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_worker() -> None:
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
