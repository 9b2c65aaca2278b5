"""Training carries a task that nothing outside this file knows: the brightness of a crop, by regression."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from rich.console import Console
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import Dataset

from common.metrics import Interval
from common.metrics.figures import Figures, Ranking
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.leaderboard import best_checkpoint
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.batches import BatchPlan
from train.data.dataset import CropDataset
from train.data.shuffled_batches import ShuffledBatches
from train.display import Curve, Panel, figure_column, interval_column
from train.load_config import load_config
from train.loggers.console import ConsoleLogger
from train.plots.plot import plot_history
from train.records.leaderboard_table import leaderboard_rows
from train.records.run_folder import RunFolder
from train.start import resume_run, resumed_config, start_run
from train.tasks.base import Task, evaluating
from train.tasks.registry import TASKS

pytestmark = pytest.mark.slow

EPOCHS, STEPS = 40, 160
R2 = Ranking("r2", "R²", mark="r2_", better="higher")
MAE = Ranking("mae", "MAE", mark="mae", better="lower")


class Crops(Dataset[Tensor]):
    def __init__(self, dataset: CropDataset) -> None:
        self._dataset = dataset

    def __getitem__(self, plan: BatchPlan) -> Tensor:
        return self._dataset[plan.rows].crops


class Brightness(Task):
    """Predicts the mean of a crop from a small view of it."""

    name = "brightness"
    rankings = (R2, MAE)
    columns = (figure_column("R²", 8, "r2"), interval_column("r2"), figure_column("MAE", 8, "mae"))

    def __init__(self, config: TrainConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        crops = CropDataset(*config.data)
        rows = np.arange(len(crops))
        self.held_out = crops[rows[::4]].crops
        self.dataset = Crops(crops)
        self.batches = ShuffledBatches(rows[rows % 4 > 0], config.batch.size, config.seed)
        self.network = nn.Sequential(
            nn.AvgPool2d(16), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.05),
            nn.Flatten(), nn.Linear(100, 1), nn.Flatten(0),
        )  # fmt: skip
        self.criterion = nn.MSELoss()
        self.fingerprint = self.validation = crops.fingerprint
        self.network_name = "tiny"
        self.facts = {"training_crops": self.batches.crops}
        self.summary = f"{self.batches.crops} crops to train on, {len(self.held_out)} to validate on"

    @classmethod
    def panels(cls, several: bool) -> Sequence[Panel]:
        return [
            Panel("Brightness", "R²", (Curve("r2", "R²", best="higher"), Curve("mae", "MAE", dashed=True)))
        ]

    def loss(self, network: nn.Module, batch: Tensor) -> Tensor:
        return self.criterion(network(batch / 255), _brightness(batch))

    def validate(self, network: nn.Module) -> Figures:
        with evaluating(network), torch.inference_mode():
            error = network(self.held_out / 255) - _brightness(self.held_out)
        r2 = 1 - float(error.square().mean() / _brightness(self.held_out).var(correction=0))
        return Figures(R2, {"r2": r2, "mae": float(error.abs().mean())}, {"r2": Interval(r2 - 0.1, r2 + 0.1)})


def _brightness(crops: Tensor) -> Tensor:
    return crops.float().mean((1, 2, 3)) / 255


def main(data: str, out: str) -> None:
    """Begin a run, or go on with the one that is there, in a process of its own."""
    TASKS[Brightness.name] = Brightness
    changes: dict[str, Any] = {
        "task": "brightness", "data": data, "out": out, "epochs": EPOCHS, "save_minutes": 0,
        "optimiser.learning_rate": 1e-2, "optimiser.average_decay": 0.5, "batch.size": 9,
        "batch.loader_workers": 0, "validation.every_epochs": 4, "hardware.accelerator": "cpu",
    }  # fmt: skip
    with ConsoleLogger(Console(width=200)) as logger:
        if Path(out).exists():
            resume_run(*resumed_config(TrainConfig, None, None, {"out": out}), logger)
        else:
            start_run(load_config(TrainConfig, None, changes), logger)


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_shards: Path,
    preloaded: Any,
    process_environment: dict[str, str],
) -> tuple[Path, Path, str]:
    """A whole run, one that was killed and went on, and what the second session of that one printed."""
    folder = tmp_path_factory.mktemp("brightness")

    def start(name: str) -> Any:
        own = Path(__file__)
        words = [own.stem, tiny_shards, folder / name]
        return preloaded.start(words, own.parent, process_environment, merged=True)

    whole, killed = start("whole"), start("killed")
    deadline = time.monotonic() + 100
    while not (states := list(folder.glob("killed/runs/*/state.pt"))) or step_of(states[0]) < 20:
        assert killed.poll() is None and time.monotonic() < deadline, killed.communicate()[0]
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert 20 <= step_of(states[0]) < STEPS
    again = start("killed")
    printed = again.communicate(timeout=150)[0]
    assert again.returncode == 0, printed
    told = whole.communicate(timeout=150)[0]
    assert whole.returncode == 0, told
    return folder / "whole", folder / "killed", printed


def step_of(state: Path) -> int:
    return int(torch.load(state, weights_only=True)["progress"]["step"])


def history(out: Path) -> list[dict[str, Any]]:
    records = json.loads((out / "performance_history.json").read_text())
    return [{**record, "run": ""} for record in records]


def test_a_killed_run_goes_on_to_the_same_bits(runs: tuple[Path, Path, str]) -> None:
    whole, killed, printed = runs
    first, second = (
        load_file(out / "checkpoints" / "last-brightness.safetensors") for out in (whole, killed)
    )
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert history(whole) == history(killed)
    assert (
        "goes on after step" in printed and "tiny on cpu: 40 crops to train on, 14 to validate on" in printed
    )
    assert "from scratch" not in printed and "No GPU" not in printed


def test_its_figures_are_in_history_and_console(runs: tuple[Path, Path, str]) -> None:
    whole, _, printed = runs
    records = history(whole)
    assert [record["step"] for record in records] == list(range(0, STEPS + 1, 16))
    assert list(records[0]) == [
        "run", "task", "epoch", "step", "learning_rate", "loss", "skipped", "r2", "mae", "intervals",
    ]  # fmt: skip
    assert {record["task"] for record in records} == {"brightness"}
    assert records[0]["r2"] < records[-1]["r2"] and records[-1]["mae"] < records[0]["mae"], "it has learnt"
    last = records[-1]
    assert last["intervals"] == {"r2": [last["r2"] - 0.1, last["r2"] + 0.1]}
    header = next(line for line in printed.splitlines() if "loss" in line)
    assert header.split() == ["epoch", "step", "lr", "loss", "R²", "95", "%", "interval", "MAE"]
    assert f"{last['r2']:.4f}" in printed and f"{last['mae']:.4f}" in printed


def test_the_schedule_waits_for_a_higher_figure(runs: tuple[Path, Path, str]) -> None:
    (state,) = runs[0].glob("runs/*/state.pt")
    schedule = torch.load(state, weights_only=True)["parts"]["schedule"]
    assert schedule["mode"] == "max"
    assert schedule["best"] <= max(record["r2"] for record in history(runs[0])[1:])


def test_the_best_are_kept_beside_those_of_verification(
    runs: tuple[Path, Path, str], run_commands: Any, tmp_path: Path
) -> None:
    folder = runs[0] / "checkpoints"
    encoder = Encoder("ir_lite")
    info = CheckpointInfo(
        backbone="ir_lite", input_format=encoder.input_format, threshold=0.3, eer=0.1, accuracy=0.9,
        epoch=1, step=1, run="r", validation="v",
    )  # fmt: skip
    with pytest.raises(UserError, match=r"no checkpoint of an encoder in .*those of brightness are none"):
        best_checkpoint(folder)  # no encoder is there yet
    save_checkpoint(folder / "mine.safetensors", encoder, info)
    rows = leaderboard_rows(folder)
    assert rows[0].file == "mine.safetensors" and rows[0].kept_for == "EER 1, accuracy 1"
    own = rows[1:]
    r2 = [row.standing.figures["r2"] for row in own]
    assert 5 <= len(own) <= 10 and r2 == sorted(r2, reverse=True) and own[0].kept_for.startswith("R² 1")
    best = max(history(runs[0]), key=lambda record: record["r2"])
    assert own[0].file.startswith(f"r2_{best['r2']:.4f}-mae{best['mae']:.4f}-tiny-epoch")
    chosen = best_checkpoint(folder, "brightness")
    assert chosen.path.name == own[0].file
    assert chosen.why == f"the highest validation R², {best['r2']:.4f}, of {len(own)} checkpoints"
    assert best_checkpoint(folder).path.name == "mine.safetensors", "infer takes encoders alone"
    (told,) = run_commands([["train", "history", "--logs", runs[0]]], tmp_path, COLUMNS="250")
    assert told.returncode == 0, told.stderr
    assert f"The best of brightness is {own[0].file}: the highest validation R²" in told.stdout
    assert "R²" in told.stdout and "MAE" in told.stdout and "mine.safetensors" in told.stdout


def test_fewer_crops_than_a_batch_are_told(
    tmp_path: Path, tiny_shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TASKS, "brightness", Brightness)
    config = load_config(
        TrainConfig, None, {"task": "brightness", "data": tiny_shards, "out": tmp_path / "logs"}
    )
    told = "40 crops to train on are fewer than a batch of 256; lower --batch-size"
    with pytest.raises(UserError, match=f"^{told}$"):
        start_run(config, ConsoleLogger(Console(width=200)))


def test_its_curves_are_drawn(
    runs: tuple[Path, Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = json.loads((runs[0] / "performance_history.json").read_text())
    (drawn,) = runs[0].glob("runs/*/curves.png")
    told = r"unknown task 'brightness'; known: verification.*script that registers it"
    with pytest.raises(UserError, match=told):
        plot_history(records, tmp_path / "x.png")
    monkeypatch.setitem(TASKS, "brightness", Brightness)
    assert plot_history(records, tmp_path / "x.png").read_bytes() == drawn.read_bytes()
    others = [{**record, "run": "other"} for record in records]
    verification = {"run": "faces", "step": 0, "eer": 0.1}
    both = plot_history([verification, *others, *records], tmp_path / "y.png", every_run=True)
    alone = plot_history([*others, *records], tmp_path / "z.png", every_run=True)
    assert both.read_bytes() == alone.read_bytes() != drawn.read_bytes(), "tasks are not drawn together"


if __name__ == "__main__":
    main(*sys.argv[1:])
