import pytest
import torch
from torch.utils.data import Dataset

from train.data import loader
from train.data.batches import PlannedBatches
from train.data.loader import WaitedFor, open_loader, settle_workers


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_memory_is_pinned_for_cuda_alone(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    opened = open_loader(Dataset(), PlannedBatches.__new__(PlannedBatches), 0, torch.device(device))
    assert opened.pin_memory == (device == "cuda")


@pytest.mark.parametrize(
    ("asked", "device", "cores", "processes", "settled"),
    [
        (None, "cpu", 64, 1, 2),
        (None, "mps", 64, 1, 2),
        (None, "cuda", 12, 1, 12),
        (None, "cuda", 64, 1, 16),
        (None, "cuda", 24, 4, 6),
        (None, "cuda", 4, 8, 2),
        (0, "cuda", 64, 1, 0),
        (40, "cuda", 64, 1, 40),
    ],
)
def test_a_gpu_is_read_for_by_its_share_of_the_cores(
    asked: int | None,
    device: str,
    cores: int,
    processes: int,
    settled: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loader, "available_cores", lambda: cores)
    assert settle_workers(asked, torch.device(device), processes) == settled


def test_the_time_that_batches_are_waited_for_is_measured() -> None:
    times = iter([0.0, 1.0, 5.0, 7.0, 20.0, 20.5])  # the last is waited for in vain
    batches = WaitedFor(iter("ab"), times.__next__)
    assert [next(batches), next(batches)] == ["a", "b"]
    assert batches.take_seconds() == 3 and batches.take_seconds() == 0
    assert next(batches, None) is None and batches.take_seconds() == 0.5
