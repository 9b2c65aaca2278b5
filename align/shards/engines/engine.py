"""Where the work of stage 1 is done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

from common.runtime.as_option import AsOption, Workers
from common.runtime.device import Device
from common.runtime.errors import ParameterError

Task = TypeVar("Task")
Result = TypeVar("Result")


class EngineName(StrEnum):
    """How tasks are spread."""

    LOCAL = "local"  # over the cores of this machine
    RAY = "ray"  # over a Ray cluster


@dataclass(frozen=True)
class Engine:
    """An engine and its size."""

    name: Annotated[EngineName, AsOption("This machine's cores, or a Ray cluster.", name="engine")] = (
        EngineName.LOCAL
    )
    workers: Workers = None
    address: Annotated[str | None, AsOption("Of the Ray cluster; one is started here if not told.")] = None
    on_gpu: bool = False  # whether tasks compute on one

    def __post_init__(self) -> None:
        if self.address is not None and self.name is not EngineName.RAY:
            raise ParameterError("{address} goes with {engine} ray")

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield `(index of the task, function(task))` as tasks finish; see `run_in_processes`."""
        if self.name is EngineName.RAY:
            from align.shards.engines.ray import run_on_ray

            return run_on_ray(function, tasks, self.address, self.workers, self.on_gpu)
        from common.runtime.worker_processes import run_in_processes

        workers = self.workers
        if workers is None and self.on_gpu:
            from common.runtime.onnx_session import processes_on  # brings ONNX Runtime, not for --help

            workers = processes_on(Device.CUDA)
        return run_in_processes(function, tasks, workers)
