"""The device that a model of torch runs on, and what is told where its memory does not suffice."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from common.runtime.device import Device
from common.runtime.errors import ParameterError
from common.runtime.out_of_memory import is_out_of_memory


def settled_device(device: Device) -> torch.device:
    """The device that is meant; AUTO is CUDA if there is one. Raises UserError for CUDA that is not there."""
    is_there = torch.cuda.is_available()
    if device is Device.CUDA and not is_there:
        raise ParameterError("torch finds no CUDA; check the driver, or use {device} cpu")
    return torch.device("cuda" if is_there and device is not Device.CPU else "cpu")


@contextmanager
def memory_told(doing: str) -> Iterator[None]:
    """Context that turns want of memory into a UserError, which says that it came while `doing` something."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise ParameterError(
            f"out of memory while {doing}; end what else takes it ('nvidia-smi' lists a GPU's), or use "
            "{device} cpu"
        ) from error
