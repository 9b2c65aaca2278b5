from typing import Any

import pytest
import torch

from common.runtime.errors import UserError
from train.config import TrainConfig
from train.load_config import load_config
from train.out_of_memory import explain_out_of_memory


def config(**changes: Any) -> TrainConfig:
    return load_config(TrainConfig, None, changes)


@pytest.mark.parametrize(
    ("changes", "processes", "advice"),
    [
        ({}, 1, "a batch of 256; try --batch-size 128 --accumulate 2"),
        ({"batch.size": 64, "batch.accumulate": 2}, 1, "try --batch-size 32 --accumulate 4"),
        ({"batch.size": 56}, 1, "try --batch-size 24 --accumulate 2"),  # people are not cut in two
        ({"batch.size": 96}, 4, "try --batch-size 32 --accumulate 3"),  # nor given to two devices
        ({"batch.size": 80, "batch.accumulate": 3}, 1, "try --batch-size 40 --accumulate 6"),  # the same step
        ({"batch.size": 72}, 1, "try --batch-size 24 --accumulate 3"),
        ({"batch.size": 16}, 1, "a smaller one is no use; try a lighter --backbone"),
    ],
)
def test_the_advice_keeps_people_whole(changes: dict[str, Any], processes: int, advice: str) -> None:
    with (
        pytest.raises(UserError, match="out of memory") as caught,
        explain_out_of_memory(config(**changes), processes),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    assert advice in str(caught.value)


def test_a_real_failure_to_allocate_is_recognised() -> None:
    with pytest.raises(UserError, match="out of memory"), explain_out_of_memory(config(), 1):
        torch.empty(1 << 55)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    ],
)
def test_libraries_of_cuda_say_it_in_their_own_words(error: Exception) -> None:
    with pytest.raises(UserError, match="out of memory"), explain_out_of_memory(config(), 1):
        raise error


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="shape"), explain_out_of_memory(config(), 1):
        raise RuntimeError("shape mismatch")


def test_a_reader_that_was_killed_is_told() -> None:
    with pytest.raises(UserError, match=r"--set batch\.loader_workers=1"), explain_out_of_memory(config(), 1):
        raise RuntimeError("DataLoader worker (pid 17) is killed by signal: Killed.")
