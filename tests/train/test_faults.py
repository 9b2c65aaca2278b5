"""Runs in processes of their own: killed, interrupted, and in two processes at once."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

Running = subprocess.Popen[str]
Start = Callable[..., Running]

CONFIG = """
backbone = "ir_lite"
epochs = 4
save_minutes = 0
[optimiser]
average_decay = 0.8
[loss]
name = "adaface"
[[loss.add]]
name = "synthetic_direction"
[batch]
size = 8
photos_per_identity = 4
loader_workers = 0
[validation]
share = 0.34
every_steps = 3
pairs_per_category = 12
[hardware]
accelerator = "cpu"
"""


@pytest.fixture
def start(tmp_path: Path, tiny_shards: Path, start_command: Start) -> Start:
    """Starts `train run` in a process group of its own, which ends with the test."""
    (tmp_path / "own.toml").write_text(CONFIG)

    def begin(*words: object, launcher: tuple[str, ...] = ()) -> Running:
        own = (*launcher, *(["-m"] if launcher else []), "train", "run")
        return start_command(
            *own, "--config", "own.toml", "--data", tiny_shards, *words, merged=True, OMP_NUM_THREADS="1"
        )

    return begin


def finish(running: Running) -> str:
    told, _ = running.communicate(timeout=150)
    assert running.returncode == 0, told
    return told


def wait_for_step(out: Path, running: Running, step: int) -> None:
    """Until the state of the run under `out` has come so far."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        for state in out.glob("runs/*/state.pt"):
            if torch.load(state, weights_only=True)["progress"]["step"] >= step:
                return
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.02)
    pytest.fail(f"no step {step} after 100 seconds")


def history(out: Path) -> list[dict[str, Any]]:
    records = json.loads((out / "performance_history.json").read_text())
    return [{**record, "run": ""} for record in records]


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "checkpoints" / "last.safetensors")


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_bits(start: Start, tmp_path: Path) -> None:
    whole = start("--out", "whole")
    for step in (2, 7):
        running = start("--out", "killed", *(["--resume"] if step > 2 else []))
        wait_for_step(tmp_path / "killed", running, step)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    told = finish(start("--out", "killed", "--resume"))
    assert "goes on after step" in told
    finish(whole)
    first, second = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert history(tmp_path / "whole") == history(tmp_path / "killed")
    assert [record["step"] for record in history(tmp_path / "whole")] == [0, 3, 6, 9, 12, 15, 16]
    assert len(list((tmp_path / "killed" / "runs").iterdir())) == 1
    leftovers = [path for path in (tmp_path / "killed").rglob("*") if ".tmp" in path.name]
    assert leftovers == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_its_weights_and_says_how_to_go_on(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    running = start("--out", "logs", "--set", "batch.loader_workers=1", "--epochs", "200")
    wait_for_step(tmp_path / "logs", running, 4)
    os.killpg(running.pid, number) if number == signal.SIGINT else running.send_signal(number)
    told, _ = running.communicate(timeout=60)
    assert running.returncode == 130 and "Traceback" not in told
    assert "Interrupted." in told and "error:" not in told and "--resume --run" in told
    (folder,) = (tmp_path / "logs" / "runs").iterdir()
    state = torch.load(folder / "state.pt", weights_only=True)
    average = {
        name.removeprefix("module.backbone."): tensor
        for name, tensor in state["parts"]["average"].items()
        if name.startswith("module.backbone.")
    }
    kept = weights(tmp_path / "logs")
    assert kept.keys() == average.keys() and all(torch.equal(kept[name], average[name]) for name in kept)
    step = state["progress"]["step"]
    again = start("--out", "logs", "--resume", "--epochs", step // 4 + 1, "--set", "batch.loader_workers=0")
    assert f"goes on after step {step}" in finish(again)


LAUNCHERS = {
    "fabric": ((), ("--devices", "2")),
    "torchrun": (("torch.distributed.run", "--standalone", "--nproc-per-node", "2"), ()),
}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_have_the_loss_curve_of_one(start: Start, tmp_path: Path, launcher: str) -> None:
    own = ["--set", "validation.every_steps=1", "--epochs", "2", "--accumulate", "2", "--keep", "0.5"]
    # from random weights Adam turns rounding into steps of its own: a small rate keeps them small
    own += ["--loss", "dynamic_margin", "--lr", "1e-5"]
    words, more = LAUNCHERS[launcher]
    one, two = start("--out", "one", *own), start("--out", "two", *own, *more, launcher=words)
    told = finish(two)
    finish(one)
    assert told.count("Checkpoints are in") == 1 and "Warning" not in told, told
    first, second = history(tmp_path / "one"), history(tmp_path / "two")
    assert [record["step"] for record in first] == [record["step"] for record in second] == list(range(5))
    for record, other in zip(first[1:], second[1:], strict=True):
        assert record["loss"] == pytest.approx(other["loss"], rel=1e-4)
        assert record["eer"] == pytest.approx(other["eer"], abs=0.1)
    assert len(list((tmp_path / "two" / "runs").iterdir())) == 1


@pytest.mark.slow
def test_a_batch_that_two_devices_cannot_share_is_refused(start: Start) -> None:
    running = start("--batch-size", "9", "--devices", "2", "--set", "batch.photos_per_identity=3")
    told, _ = running.communicate(timeout=100)
    assert running.returncode == 2 and "Traceback" not in told
    assert "a batch of 9 crops cannot be shared equally by 2 devices; set --batch-size 6" in told
