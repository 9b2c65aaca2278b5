import gc
import os
import signal
import time
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

import common.runtime.worker_processes
from common.runtime.errors import UserError
from common.runtime.worker_processes import AHEAD, available_cores, run_in_processes


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


DIE_WHILE_SENDING = """
import gc, os, struct
from multiprocessing.queues import SimpleQueue

for found in gc.get_objects():
    if isinstance(found, SimpleQueue):
        os.write(found._writer.fileno(), struct.pack("!i", 1_000_000) + b"the beginning")
        os._exit(1)
"""


def test_a_worker_that_dies_while_it_sends_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.runtime.worker_processes, "STALLED_S", 0.2)
    with pytest.raises(UserError, match="a worker process died"):
        list(run_in_processes(exec, [DIE_WHILE_SENDING, "import time; time.sleep(60)"], workers=2))


def test_an_interrupt_between_a_semaphore_and_the_note_of_it_leaves_none_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python would tell of it on the error output, in two lines, when the command ends."""
    left: set[str] = set()
    register, unregister = resource_tracker.register, resource_tracker.unregister

    def registered(name: str, kind: str) -> None:
        register(name, kind)
        left.add(name)
        signal.raise_signal(signal.SIGINT)

    def unregistered(name: str, kind: str) -> None:
        unregister(name, kind)
        left.discard(name)

    monkeypatch.setattr(resource_tracker, "register", registered)
    monkeypatch.setattr(resource_tracker, "unregister", unregistered)
    with pytest.raises(KeyboardInterrupt):
        list(run_in_processes(abs, [-5, 6, -7], workers=2))
    gc.collect()
    assert left == set()


def test_tasks_are_not_far_ahead_of_who_takes_the_results(tmp_path: Path) -> None:
    tasks = [f"open({str(tmp_path / str(number))!r}, 'w').close()" for number in range(100)]
    results = run_in_processes(exec, tasks, workers=2)
    next(results)
    time.sleep(0.5)
    assert len(list(tmp_path.iterdir())) <= 2 * AHEAD + 2
    assert len(list(results)) == 99 and len(list(tmp_path.iterdir())) == 100


def test_there_is_a_core() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
