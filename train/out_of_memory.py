"""Errors for want of memory, told as the batch size to try next."""

from collections.abc import Iterator
from contextlib import contextmanager

from common.runtime.errors import UserError
from common.runtime.out_of_memory import is_out_of_memory
from train.data.loader import CPU_WORKERS
from train.run_config import RunConfig

DEAD_READER = "DataLoader worker"


@contextmanager
def explain_out_of_memory(config: RunConfig, processes: int) -> Iterator[None]:
    """Context that turns an error for want of memory into a UserError that says what to try."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise UserError(_advice(config, processes)) from error
        if DEAD_READER in str(error):
            fewer = (config.batch.loader_workers or CPU_WORKERS) // 2
            raise UserError(
                "a process that reads ahead was killed, most likely for want of memory; go on with --resume "
                f"and fewer of them: --set batch.loader_workers={fewer}"
            ) from error
        raise


def _advice(config: RunConfig, processes: int) -> str:
    batch = config.batch
    unit = config.batch_unit * processes
    whole = batch.size * batch.accumulate  # crops of a step
    # the largest of which several make the same step; where none does, the largest
    fitting = [size for size in range(unit, batch.size // 2 + 1, unit) if size >= config.least_batch]
    smaller = max(fitting, key=lambda size: (whole % size == 0, size), default=0)
    if not smaller:
        return (
            f"out of memory with a batch of {batch.size}, and a smaller one is no use; "
            "try a lighter --backbone"
        )
    return (
        f"out of memory with a batch of {batch.size}; try --batch-size {smaller} "
        f"--accumulate {round(whole / smaller)}"
    )
