"""What only a GPU can show of training; `pytest -m cuda` has these and the checks of `benchmarks/gpu`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from common.runtime.errors import UserError
from train.config import TrainConfig
from train.load_config import load_config
from train.loggers.base import Logger
from train.start import start_run
from train.tasks.verification.task import Verification

SMALL = {
    "backbone": "ir_lite",
    "epochs": 2,
    "batch.size": 8,
    "batch.photos_per_identity": 4,
    "validation.share": 0.34,
    "validation.pairs_per_category": 12,
}


@pytest.mark.cuda
@pytest.mark.slow
@pytest.mark.parametrize("precision", ["auto", "32", "16-mixed"])
def test_the_command_trains_and_resumes_on_a_gpu(
    tiny_shards: Path,
    tmp_path: Path,
    precision: str,
    run_commands: Callable[..., list[subprocess.CompletedProcess[str]]],
) -> None:
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    words = [
        "train",
        "run",
        "--data",
        tiny_shards,
        *settings,
        "--accelerator",
        "cuda",
        "--precision",
        precision,
    ]
    for more in ([], ["--resume", "--epochs", "3"]):
        (done,) = run_commands([[*(words if not more else words[:2]), *more]], tmp_path)
        assert done.returncode == 0, done.stderr
        assert "on cuda" in done.stdout
    records = json.loads((tmp_path / "training_logs" / "performance_history.json").read_text())
    assert [record["epoch"] for record in records] == [0, 1, 2, 3]
    assert list((tmp_path / "training_logs" / "checkpoints").glob("*.safetensors"))


@pytest.mark.cuda
@pytest.mark.slow
def test_want_of_memory_on_a_gpu_is_told_in_one_line(
    tiny_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verification, "loss", lambda *_: torch.empty(1 << 45, device="cuda"))
    changes = {
        "data": tiny_shards,
        "out": tmp_path,
        **SMALL,
        "batch.size": 16,
        "hardware.accelerator": "cuda",
    }
    with pytest.raises(UserError, match="out of memory with a batch of 16; try --batch-size 8") as told:
        start_run(load_config(TrainConfig, None, changes), Logger())
    assert "\n" not in str(told.value)
