import pytest
import torch
from torch.utils.data import Dataset

from train.data.batches import PlannedBatches
from train.data.loader import open_loader


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_memory_is_pinned_for_cuda_alone(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    loader = open_loader(Dataset(), PlannedBatches.__new__(PlannedBatches), 0, torch.device(device))
    assert loader.pin_memory == (device == "cuda")
