import os
import signal

import pytest

from align.engines.local import available_cores, run_in_processes
from common.errors import UserError


def test_in_this_process_in_order_with_one_worker() -> None:
    calls: list[int] = []
    results = list(run_in_processes(lambda task: calls.append(task) or -task, [3, 1, 2], workers=1))
    assert results == [(0, -3), (1, -1), (2, -2)] and calls == [3, 1, 2]
    assert list(run_in_processes(abs, [], workers=4)) == []


def test_two_processes_give_every_result_once() -> None:
    results = dict(run_in_processes(abs, [-5, 6, -7], workers=2))
    assert results == {0: 5, 1: 6, 2: 7}


def test_a_failing_task_raises_here() -> None:
    with pytest.raises(TypeError):
        list(run_in_processes(abs, ["x", -1], workers=2))


def test_a_dead_worker_is_told_in_words() -> None:
    with pytest.raises(UserError, match=r"a worker process died.*--workers"):
        list(run_in_processes(signal.raise_signal, [signal.SIGKILL, signal.SIGKILL], workers=2))


def test_there_is_a_core() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
