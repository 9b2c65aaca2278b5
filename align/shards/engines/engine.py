"""Where the work of stage 1 is done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from common.runtime.errors import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")


class EngineName(StrEnum):
    """How tasks are spread."""

    LOCAL = "local"  # over the cores of this machine
    RAY = "ray"  # over a Ray cluster


@dataclass(frozen=True)
class Engine:
    """An engine and its size.

    Attributes:
        name: which engine.
        workers: tasks at a time; by default one per core.
        address: of the Ray cluster; by default one is started on this machine.
    """

    name: EngineName = EngineName.LOCAL
    workers: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.address is not None and self.name is not EngineName.RAY:
            raise UserError("--address goes with --engine ray")

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield `(index of the task, function(task))` as tasks finish; see `run_in_processes`."""
        if self.name is EngineName.RAY:
            from align.shards.engines.ray import run_on_ray

            return run_on_ray(function, tasks, self.address, self.workers)
        from common.runtime.worker_processes import run_in_processes

        return run_in_processes(function, tasks, self.workers)
