"""The rendering on several processes, and how many files they have written."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import cv2

Work = Callable[..., Iterable[str]]
"""(the entries of a job) -> the path of each file, once it is written; a function of a module."""

_TELL_EVERY = 0.5  # seconds between two looks at what the worker processes have written
_written: Synchronized[int] | None = None  # in a worker process, the files that all workers have written


def run_jobs(work: Work, jobs: Sequence[tuple[Any, ...]], workers: int | None) -> Iterator[int]:
    """Yield how many more files have been written, again and again until all of them have been.

    workers: processes, None for one per core; with one, the jobs are done in this process.
    """
    count = max(1, min(workers or os.cpu_count() or 1, len(jobs)))
    if count == 1:
        for job in jobs:
            for _ in work(*job):
                yield 1
        return
    spawn = multiprocessing.get_context("spawn")
    written, told = spawn.Value("q", 0), 0
    with ProcessPoolExecutor(count, mp_context=spawn, initializer=_start_worker, initargs=(written,)) as pool:
        try:
            pending = {pool.submit(_do, work, job) for job in jobs}
            while pending:
                finished, pending = wait(pending, timeout=_TELL_EVERY)
                for future in finished:
                    future.result()
                now = written.value
                if now > told:
                    yield now - told
                    told = now
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _start_worker(written: Synchronized[int]) -> None:
    global _written
    _written = written
    cv2.setNumThreads(1)


def _do(work: Work, job: tuple[Any, ...]) -> None:
    """One job in a worker process: counts the files in the number that all processes share."""
    for _ in work(*job):
        assert _written is not None
        with _written.get_lock():
            _written.value += 1
