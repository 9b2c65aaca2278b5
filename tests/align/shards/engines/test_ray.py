import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import ray
from numpy.typing import NDArray
from ray.cluster_utils import Cluster

from align.shards.engines.ray import GPU_SHARE, _results, run_on_ray
from align.shards.job import ShardJob, ShardResult, align_shard
from align.sources.find import find_source
from common.formats.shards import decode_strings
from common.runtime.atomic import remove_stale_temporaries
from common.runtime.errors import UserError
from common.runtime.worker_processes import run_in_processes

Array = NDArray[np.uint8]
Save = Callable[[Path, Array], Path]

# Workers find a task by its module's name, and a module `tests` need not exist there: a folder of its own.
TASKS = """
import os
from align.shards.job import align_shard

def align_and_tell(task):
    job, marks = task
    mark = marks / f"{job.destination.name}.{os.getpid()}"
    mark.with_name(mark.name + ".begun").touch()
    result = align_shard(job)
    mark.with_name(mark.name + ".begun").rename(mark.with_name(mark.name + ".done"))
    return result
"""


@pytest.fixture(scope="module")
def tasks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "tasks_on_ray.py").write_text(TASKS)
    return folder


@pytest.fixture(scope="module")
def cluster(tasks_folder: Path, repository: Path) -> Iterator[str]:
    """The address of a cluster of two nodes with a core each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(repository), str(tasks_folder)]))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        nodes.add_node(num_cpus=1)
    yield nodes.address
    nodes.shutdown()


@pytest.fixture(autouse=True)
def the_cluster_is_left() -> Iterator[None]:
    yield
    assert not ray.is_initialized()


@pytest.mark.slow
def test_on_this_machine_without_installation_and_without_chatter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    results = dict(run_on_ray(decode_strings, [[b"a"], [b"b", b"c"], []], workers=2))
    assert results == {0: ["a"], 1: ["b", "c"], 2: []}
    assert capfd.readouterr() == ("", "")


def test_without_ray_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"^Ray is not installed.*pip install 'facetrust\[ray\]'$"):
        next(run_on_ray(abs, [1]))


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}", "auto", "nonsense"])
def test_a_cluster_that_is_not_there_is_told_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        address = address.format(port=unused.getsockname()[1])
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{unused.getsockname()[1]}")  # what "auto" means
        start = time.monotonic()
        with pytest.raises(UserError, match=f"^no Ray cluster could be joined at {address} .*'ray start"):
            next(run_on_ray(abs, [1], address))
        assert time.monotonic() - start < 10


class StandIn:
    """Ray, as far as tasks are sent: a cluster with these resources that runs them at once."""

    def __init__(self, **resources: float) -> None:
        self.resources = resources
        self.asked: dict[str, float] = {}

    def cluster_resources(self) -> dict[str, float]:
        return self.resources

    def remote(self, **asked: float) -> Callable[[Callable[[bytes], object]], SimpleNamespace]:
        self.asked = asked
        return lambda work: SimpleNamespace(remote=work)

    def wait(self, references: list[object], timeout: float) -> tuple[list[object], list[object]]:
        return references, []

    def get(self, reference: object) -> object:
        return reference


@pytest.mark.parametrize(("on_gpu", "share"), [(False, 0), (True, 0.125)])
def test_tasks_ask_for_a_share_of_a_gpu_where_they_compute_on_one(on_gpu: bool, share: float) -> None:
    there = StandIn(CPU=2, GPU=1)
    assert sorted(_results(there, abs, [-1, -2], None, GPU_SHARE if on_gpu else 0)) == [(0, 1), (1, 2)]
    assert there.asked["num_gpus"] == share and there.asked["num_cpus"] == 1


def test_a_cluster_without_a_gpu_is_told_and_not_waited_for(cluster: str) -> None:
    with pytest.raises(UserError, match=r"^no node of the Ray cluster has a GPU.*--device cpu$"):
        next(run_on_ray(abs, [1], cluster, on_gpu=True))


def test_what_the_function_raises_is_raised_here(cluster: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        list(run_on_ray(os.listdir, [str(tmp_path), str(tmp_path / "absent")], cluster))
    assert raised.value.filename == str(tmp_path / "absent")


def test_a_node_that_lacks_the_code_is_told(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("def work(task): return task\n")
    monkeypatch.syspath_prepend(tmp_path)
    from only_here import work

    with pytest.raises(UserError, match=r"No module named 'only_here'.*on every node"):
        list(run_on_ray(work, [1], cluster))


def test_a_task_that_always_kills_its_worker_ends_the_run(cluster: str) -> None:
    with pytest.raises(UserError, match=r"workers of the Ray cluster died.*same command again.*--workers"):
        list(run_on_ray(signal.raise_signal, [signal.SIGKILL], cluster))


def test_two_tasks_a_core_are_in_flight_and_an_unfinished_run_leaves_the_cluster(cluster: str) -> None:
    sent: list[int] = []

    class Tasks(list[int]):
        def __iter__(self) -> Iterator[int]:
            for task in super().__iter__():
                sent.append(task)
                yield task

    results = run_on_ray(abs, Tasks(range(50)), cluster)
    next(results)
    assert len(sent) == 4
    results.close()
    assert not ray.is_initialized()
    assert next(run_on_ray(abs, Tasks(range(50, 100)), cluster, workers=1))[0] == 0
    assert sent[4:] == [50]


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_changes_no_byte(
    cluster: str,
    tasks_folder: Path,
    tmp_path: Path,
    portraits: list[Array],
    save_jpeg: Save,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for copy in range(10):
        for person, image in enumerate(portraits):
            save_jpeg(tmp_path / "in" / f"person{person}" / f"{copy}.jpg", np.roll(image, copy, axis=1))
    photographs = find_source(tmp_path / "in").photographs

    def jobs(out: Path) -> list[ShardJob]:
        out.mkdir()
        return [
            ShardJob(tmp_path / "in", tuple(photographs[start : start + 3]), out / f"shard-{start:05d}.h5")
            for start in range(0, len(photographs), 3)
        ]

    local, over_ray, marks = tmp_path / "local", tmp_path / "ray", tmp_path / "marks"
    marks.mkdir()
    expected = dict(run_in_processes(align_shard, jobs(local), workers=2))

    monkeypatch.syspath_prepend(tasks_folder)
    from tasks_on_ray import align_and_tell

    killed: list[Path] = []
    killer = threading.Thread(target=kill_a_worker_at_work, args=(marks, killed))
    killer.start()
    results: dict[int, ShardResult] = {}
    for index, result in run_on_ray(align_and_tell, [(job, marks) for job in jobs(over_ray)], cluster):
        assert index not in results
        results[index] = result
    killer.join()

    # The one that was killed had begun its shard and never ended it; another did.
    (victim,) = killed
    shard, process = victim.name.removesuffix(".begun").rsplit(".", 1)
    assert [mark.name for mark in marks.glob("*.begun")] == [victim.name]
    (again,) = marks.glob(f"{shard}.*.done")
    assert again.name != f"{shard}.{process}.done"
    assert len(list(marks.glob("*.done"))) == len(expected) == 20

    assert results == expected
    remove_stale_temporaries(over_ray)  # as a run does when it begins: the victim may have been writing
    assert files(over_ray) == files(local) and len(files(local)) == 20


def kill_a_worker_at_work(marks: Path, killed: list[Path]) -> None:
    """Kill a worker while it is aligning, once some shards are done."""
    deadline = time.monotonic() + 60
    while not killed and time.monotonic() < deadline:
        if len(list(marks.glob("*.done"))) >= 3:
            for mark in marks.glob("*.begun"):
                process = int(mark.name.split(".")[-2])
                os.kill(process, signal.SIGSTOP)  # so that it cannot end its task between look and kill
                time.sleep(0.01)
                at_work = mark.exists()
                os.kill(process, signal.SIGKILL if at_work else signal.SIGCONT)
                if at_work:
                    killed.append(mark)
                    break
        time.sleep(0.001)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
