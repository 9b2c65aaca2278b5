"""A pool of worker processes, one core each, that ends with its parent and outlives no interrupt."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from typing import TypeVar

from common.runtime.errors import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")

METHOD = "forkserver"  # a fork of the calling process would copy the locks of its threads
AHEAD = 4  # tasks in flight for each worker: results that nobody has taken yet are held in memory
STALLED_S = 5.0  # without any result, before the workers are looked at


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
    start_fork_server(function.__module__)
    context = multiprocessing.get_context(METHOD)
    others = set(multiprocessing.active_children())
    with _interrupts_held():  # interrupted before it is noted, a semaphore is told as leaked
        made = ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker)
    with made as pool:
        try:
            yield from _results(pool, function, tasks, AHEAD * count)
        except BrokenProcessPool as error:
            raise UserError(
                "a worker process died, perhaps for want of memory; run the same command again to "
                "continue, with fewer --workers or a smaller --shard-size if it happens again"
            ) from error
        except BaseException as error:
            if not isinstance(error, Exception):  # an interrupted command would wait for tasks to be finished
                for worker in set(multiprocessing.active_children()) - others:
                    worker.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _results(
    pool: ProcessPoolExecutor,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    ahead: int,
) -> Iterator[tuple[int, Result]]:
    """The results of `run_in_processes` with `ahead` tasks in flight; raises BrokenProcessPool."""
    others = set(multiprocessing.active_children())
    waiting = enumerate(tasks)
    running: dict[Future[Result], int] = {}
    workers: set[BaseProcess] = set()
    while True:
        with _interrupts_held():  # it is here that workers are started
            for index, task in islice(waiting, ahead - len(running)):
                running[pool.submit(function, task)] = index
        if not running:
            return
        workers |= set(multiprocessing.active_children()) - others
        done = wait(running, STALLED_S, FIRST_COMPLETED).done
        if not done and not all(worker.is_alive() for worker in workers):
            _break(pool, workers)
        for future in done:
            yield running.pop(future), future.result()


def _break(pool: ProcessPoolExecutor, workers: set[BaseProcess]) -> None:
    """Make a pool notice that a worker was killed while it was sending a result.

    The pool holds the sending end of the pipe itself, and would wait for the rest of that result for ever.
    """
    for worker in workers:
        worker.kill()
    pool._result_queue._writer.close()  # type: ignore[attr-defined]


def start_fork_server(module: str) -> None:
    """Start the process that workers are forked from, once; it imports `module` for all of them.

    It returns at once: called early, the imports of the workers run beside those of the caller.
    """
    with _interrupts_held():
        multiprocessing.get_context(METHOD).set_forkserver_preload([module])
        forkserver.ensure_running()


def available_cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A context whose processes never see Ctrl-C: their parent ends them, without tracebacks of theirs."""
    resource_tracker.ensure_running()  # its start, with the first process, would let interrupts in again
    held: list[int] = []
    # the mask is for the children; in this process a thread of a library may still take the signal
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, frame: held.append(number)) if in_main else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if in_main:
            signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
    if held and callable(handler):
        handler(signal.SIGINT, None)


def _start_worker() -> None:
    import cv2

    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
