import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from common.checkpoint import load_checkpoint
from common.encoder import Encoder
from common.errors import UserError
from common.metrics import VerificationReport
from train.config import TrainConfig, load_config
from train.loop import train
from train.monitor import RunPlan


class Recorder:
    """A monitor that keeps what it is told."""

    def __init__(self) -> None:
        self.plans: list[RunPlan] = []
        self.steps: list[tuple[int, int, float]] = []
        self.validations: list[tuple[int, float | None]] = []

    def started(self, plan: RunPlan) -> None:
        self.plans.append(plan)

    def stepped(self, epoch: int, step: int, loss: float) -> None:
        self.steps.append((epoch, step, loss))

    def validated(
        self, epoch: int, learning_rate: float, loss: float | None, report: VerificationReport
    ) -> None:
        self.validations.append((epoch, loss))


def configure(data: Path, out: Path, **changes: object) -> TrainConfig:
    return load_config(
        None,
        {
            "data": data,
            "out": out,
            "backbone": "ir_lite",
            "epochs": 2,
            "batch.size": 8,
            "batch.photos_per_identity": 4,
            "batch.loader_workers": 0,
            "validation.share": 0.34,
            "validation.pairs_per_category": 12,
            **changes,
        },
    )


@pytest.fixture(scope="module")
def finished(tiny_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Recorder]:
    """Output folder, last checkpoint and events of a short run."""
    out = tmp_path_factory.mktemp("logs")
    recorder = Recorder()
    return out, train(configure(tiny_shards, out), recorder), recorder


def test_the_monitor_hears_of_everything(finished: tuple[Path, Path, Recorder]) -> None:
    _, _, recorder = finished
    (plan,) = recorder.plans
    assert (plan.crops, plan.identities, plan.held_out, plan.pairs) == (36, 4, 2, 36)
    assert plan.steps_per_epoch == 36 // 8 and plan.seconds_per_epoch > 0
    assert [(epoch, step) for epoch, step, _ in recorder.steps] == [
        (e, s) for e in (1, 2) for s in (1, 2, 3, 4)
    ]
    assert all(math.isfinite(loss) for _, _, loss in recorder.steps)
    assert [epoch for epoch, _ in recorder.validations] == [0, 1, 2]
    assert recorder.validations[0][1] is None


def test_history_is_complete(finished: tuple[Path, Path, Recorder]) -> None:
    out, _, recorder = finished
    records = json.loads((out / "performance_history.json").read_text(), parse_constant=pytest.fail)
    assert [(record["epoch"], record["step"]) for record in records] == [(0, 0), (1, 4), (2, 8)]
    for record, (_, loss) in zip(records, recorder.validations, strict=True):
        assert record["loss"] == loss and record["learning_rate"] == 1e-4
        assert 0 <= record["eer"] <= 1 and 0 <= record["accuracy"] <= 1 and -1 <= record["threshold"] <= 1
        assert set(record["errors"]) == {"same_person", "different_person", "synthetic"}
        for found in record["errors"].values():
            assert found["total"] == 12 and found["rate"] == pytest.approx(found["errors"] / 12)
        wrong = sum(found["errors"] for found in record["errors"].values())
        assert record["accuracy"] == pytest.approx(1 - wrong / 36)


def test_checkpoints_load_and_say_what_they_are(finished: tuple[Path, Path, Recorder]) -> None:
    out, last, _ = finished
    names = sorted(path.name for path in (out / "checkpoints").iterdir())
    assert last == out / "checkpoints" / "last.safetensors" and last.name in names and len(names) == 4
    records = json.loads((out / "performance_history.json").read_text())
    for name in names:
        _, info = load_checkpoint(out / "checkpoints" / name)
        record = records[info.epoch]
        assert (info.eer, info.threshold, info.step) == (record["eer"], record["threshold"], record["step"])
    assert load_checkpoint(last)[1].epoch == 2


def test_the_same_seed_gives_the_same_bits_and_another_does_not(
    finished: tuple[Path, Path, Recorder], tiny_shards: Path, tmp_path: Path
) -> None:
    weights = load_file(finished[1])
    torch.manual_seed(12345)  # what was drawn before must not matter
    torch.rand(3)
    again = load_file(train(configure(tiny_shards, tmp_path / "again"), Recorder()))
    assert all(torch.equal(weights[key], again[key]) for key in weights)
    other = load_file(train(configure(tiny_shards, tmp_path / "other", seed=1, epochs=1), Recorder()))
    assert not torch.equal(weights["input_layer.0.weight"], other["input_layer.0.weight"])


def test_a_run_continues_from_a_checkpoint_and_adds_to_the_history(
    finished: tuple[Path, Path, Recorder], tiny_shards: Path, tmp_path: Path
) -> None:
    recorder = Recorder()
    train(configure(tiny_shards, tmp_path, epochs=1, pretrained=finished[1]), recorder)
    train(configure(tiny_shards, tmp_path, epochs=1, pretrained=finished[1]), recorder)
    records = json.loads((tmp_path / "performance_history.json").read_text())
    before = json.loads((finished[0] / "performance_history.json").read_text())[-1]
    assert [record["epoch"] for record in records] == [0, 1, 0, 1]
    assert records[0]["eer"] == before["eer"] and records[0]["errors"] == before["errors"]


@pytest.mark.parametrize("kind", ["checkpoint", "state_dict"])
def test_weights_of_another_backbone_are_refused_and_named(
    finished: tuple[Path, Path, Recorder], tiny_shards: Path, tmp_path: Path, kind: str
) -> None:
    path = finished[1]
    if kind == "state_dict":
        path = tmp_path / "plain.safetensors"
        save_file({k: v.contiguous() for k, v in Encoder("ir_lite").backbone.state_dict().items()}, path)
    with pytest.raises(UserError, match="add --backbone ir_lite"):
        train(configure(tiny_shards, tmp_path, backbone="mobilefacenet", pretrained=path), Recorder())


def test_divergence_is_told(tiny_shards: Path, tmp_path: Path) -> None:
    changes = {"optimiser.learning_rate": 1e30, "epochs": 3}
    with pytest.raises(UserError, match="diverged; lower --lr"):
        train(configure(tiny_shards, tmp_path, **changes), Recorder())
