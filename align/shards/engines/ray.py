"""Work spread over the nodes of a Ray cluster, one core per task."""

import logging
import os
import pickle
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from common.runtime.errors import UserError
from common.runtime.worker_processes import Result, Task, available_cores

RETRIES = 3  # of a task whose worker or node died
GPU_SHARE = 0.125  # of a GPU for a task that computes on one: a network's context takes some 0.5 GB of it
TASKS_PER_CORE = 2  # in flight: one that runs and one that waits, so that no core idles between them
LOOK_AGAIN_S = 10  # how soon nodes that joined are noticed although no task finishes


def run_on_ray(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    address: str | None = None,
    workers: int | None = None,
    on_gpu: bool = False,
) -> Iterator[tuple[int, Result]]:
    """Yield `(index of the task, function(task))` as tasks finish, in any order.

    A task whose worker or node dies is done again elsewhere. What `function` raises is raised here.

    Args:
        function: a module-level function; tasks and results must pickle.
        address: "auto", "host:6379" or "ray://host:10001"; by default a cluster is started on this machine.
        workers: at most so many tasks in flight; by default two for each core the cluster has at the time.
        on_gpu: `function` computes on a GPU, which Ray hides from tasks that do not ask for a share of one.

    Raises UserError when Ray is missing, the cluster cannot be joined, has no GPU where one is wanted, its
    nodes cannot import facetrust, or a task loses its worker again and again; what was yielded before stays
    valid.
    """
    ray = _import_ray()
    if ray.is_initialized():
        raise UserError("this process has joined a Ray cluster already; call ray.shutdown() first")
    try:
        _connect(ray, address, workers)
        yield from _results(ray, function, tasks, workers, GPU_SHARE if on_gpu else 0)
    except ray.exceptions.RayTaskError as error:
        if not isinstance(error.cause, ImportError):
            raise error.cause from error
        lacks = f"a node of the Ray cluster lacks facetrust or a part of it ({error.cause})"
        raise UserError(f"{lacks}; install the same version of facetrust on every node") from error
    except ray.exceptions.RayError as error:
        died = f"workers of the Ray cluster died, perhaps for want of memory ({type(error).__name__})"
        again = "run the same command again to continue, with fewer --workers if it happens again"
        raise UserError(f"{died}; {again}") from error
    finally:
        ray.shutdown()


def _import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or a cluster started here reports to Ray's makers
    try:
        import ray.exceptions
    except ImportError as error:
        raise UserError("Ray is not installed; install it with: pip install 'facetrust[ray]'") from error
    return ray


def _connect(ray: ModuleType, address: str | None, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        # Workers do not inherit sys.path, and these packages may be installed nowhere.
        paths = [str(Path(__file__).resolve().parents[3]), os.environ.get("PYTHONPATH", "")]
        environment = {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, paths))}}
        cores = workers or available_cores()
        ray.init("local", num_cpus=cores, include_dashboard=False, runtime_env=environment, **quiet)
        return
    try:
        _knock(address)
        ray.init(address, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        failed = f"no Ray cluster could be joined at {address} ({reason})"
        raise UserError(f"{failed}; check the address, or run 'ray start --head' on its head node") from error


def _knock(address: str) -> None:
    """Where nobody listens Ray itself would try for a quarter of an hour. Raises OSError or ValueError."""
    from ray._private.services import canonicalize_bootstrap_address

    place = (os.environ.get("RAY_ADDRESS") or address) if address == "auto" else address
    if not place.startswith("ray://"):
        place = canonicalize_bootstrap_address(place) or ""  # where "auto" is
    host, _, port = place.removeprefix("ray://").rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


def _results(
    ray: ModuleType,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int | None,
    gpu_share: float,
) -> Iterator[tuple[int, Result]]:
    if gpu_share and not ray.cluster_resources().get("GPU"):  # its tasks would wait for ever
        raise UserError("no node of the Ray cluster has a GPU that Ray knows of; use --device cpu")
    remote = ray.remote(num_cpus=1, num_gpus=gpu_share, max_retries=RETRIES)(_portable_worker())
    waiting = iter(enumerate(tasks))
    running: dict[Any, int] = {}  # bounded, because Ray holds the tasks in memory
    try:
        while True:
            room = workers or max(1, TASKS_PER_CORE * int(ray.cluster_resources().get("CPU", 0)))
            for index, task in islice(waiting, max(0, room - len(running))):
                running[remote.remote(pickle.dumps((function, task)))] = index
            if not running:
                return
            for reference in ray.wait(list(running), timeout=LOOK_AGAIN_S)[0]:
                yield running.pop(reference), ray.get(reference)
    finally:
        for reference in running:
            with suppress(Exception):  # the cluster may be what failed
                ray.cancel(reference)


def _portable_worker() -> Callable[[bytes], Any]:
    """What a node runs; a nested function travels by value, so a node without facetrust can tell so."""

    def work(payload: bytes) -> Any:
        import cv2

        cv2.setNumThreads(1)
        try:
            function, task = pickle.loads(payload)
        except AttributeError as error:  # facetrust is there, but of another version
            raise ImportError(str(error)) from error
        return function(task)

    return work
