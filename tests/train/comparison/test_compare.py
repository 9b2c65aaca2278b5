"""Runs and checkpoints of classifiers side by side."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from PIL import Image

from common.models.classifier import Classifier, classifier_input
from common.models.classifier_checkpoint import ClassifierInfo, save_classifier
from common.models.standing import Standing
from common.runtime.errors import UserError
from train.comparison.models import compared_models
from train.comparison.stat_table import COLUMNS, write_stat
from train.comparison.test_results import with_tests
from train.tasks.classification.figures import AUC, F1

NETWORK, SIZE = "timm:mobilenetv2_035", 32


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """The records of two runs of classifiers, the configuration of the first, and a run of an encoder."""
    folder = tmp_path / "training_logs"

    def record(run: str, step: int, auc: float | None, **more: Any) -> dict[str, Any]:
        figures = {"auc": auc, "f1": 0.5, "accuracy": 0.6, "log_loss": 0.7}
        return {"run": run, "task": "classification", "epoch": 0, "step": step, **figures, **more}

    records = [
        *(record("one", step, auc) for step, auc in ((0, 0.5), (10, 0.9), (20, 0.9), (30, None))),
        record("two", 10, None),
        {"run": "encoder", "epoch": 0, "step": 0, "eer": 0.1},
    ]
    config = folder / "runs" / "one" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"task": "classification", "backbone": NETWORK, "size": SIZE, "x": 1}))
    (folder / "performance_history.json").write_text(json.dumps(records))
    return folder


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint of the first run, at the step of its highest AUC."""
    path = tmp_path / "own.safetensors"
    input_format = classifier_input(NETWORK, SIZE)
    standing = Standing(
        task="classification",
        network=NETWORK,
        run="one",
        epoch=0,
        step=20,
        validation="v",
        rankings=(AUC, F1),
        figures={"auc": 0.9, "f1": 0.5},
    )
    info = ClassifierInfo(network=NETWORK, input_format=input_format)
    save_classifier(path, Classifier(NETWORK, input_format), info, standing)
    return path


def results_of(files: Sequence[Path], figures: dict[str, float | None]) -> dict[str, Any]:
    """What is read of the NAME.json of `infer classify`."""
    return {"models": [{"file": str(file)} for file in files], "labelled": {"figures": figures}}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_has_what_is_known_of_every_run(logs: Path, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "test.json").write_text(
        json.dumps(results_of([checkpoint], {"auc": 0.75, "f1": None, "log_loss": 1.5}))
    )
    models = with_tests(compared_models(logs), [tmp_path / "test.json"])
    write_stat(tmp_path / "stat.csv", models, batch_size=4)
    one, two = rows(tmp_path / "stat.csv")
    assert tuple(one) == COLUMNS
    assert one["model"] == f"{NETWORK} one" and models[0].step == 20
    assert (one["loss"], one["accuracy"], one["f1"], one["auc"]) == ("1.5", "", "", "0.75")
    assert (one["val_loss"], one["val_accuracy"], one["val_f1"], one["val_auc"]) == (
        "0.7",
        "0.6",
        "0.5",
        "0.9",
    )
    network = Classifier(NETWORK, classifier_input(NETWORK, SIZE))
    assert int(one["params"]) == sum(weight.numel() for weight in network.parameters())
    assert float(one["params_mb"]) == pytest.approx(4e-6 * int(one["params"]), rel=1e-5)
    assert 0 < float(one["mult_adds_gflops"]) < 0.01
    crops = 4e-6 * 4 * 3 * SIZE * SIZE
    whole = crops + float(one["params_mb"]) + float(one["pass_size_mb"])
    assert float(one["total_pass_size_mb"]) == pytest.approx(whole, rel=1e-5)
    assert two == dict.fromkeys(COLUMNS, "") | {
        "model": "two", "val_loss": "0.7", "val_accuracy": "0.6", "val_f1": "0.5", "test_batch_size": "4",
    }  # fmt: skip


def test_a_checkpoint_has_the_figures_of_its_record_or_of_its_header(logs: Path, checkpoint: Path) -> None:
    (known,) = compared_models(logs, [str(checkpoint)])
    assert known.name == "own" and known.validated["log_loss"] == 0.7 and known.cost is not None
    (alone,) = compared_models(logs / "elsewhere", [str(checkpoint)])
    assert alone.validated == {"auc": 0.9, "f1": 0.5}


def test_what_cannot_be_compared_is_refused(logs: Path, checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run of a classifier in"):
        compared_models(tmp_path / "empty")
    with pytest.raises(
        UserError, match=r"'encoder' is no run of a classifier .* are one, two, nor a checkpoint"
    ):
        compared_models(logs, ["encoder"])
    two = compared_models(logs, ["two"])
    for given, told in (
        (results_of([checkpoint], {}), "which is not compared here"),
        (results_of([Path("a"), Path("b")], {}), "an ensemble of 2"),
        ({"models": [{"file": "a"}]}, "is no NAME.json"),
    ):
        (tmp_path / "test.json").write_text(json.dumps(given))
        with pytest.raises(UserError, match=told):
            with_tests(two, [tmp_path / "test.json"])


@pytest.mark.slow
def test_the_command_writes_table_and_bars(
    run_commands: Callable[..., list[CompletedProcess[str]]],
    assert_refused: Callable[[CompletedProcess[str], str], None],
    logs: Path,
    tmp_path: Path,
) -> None:
    done, refused = run_commands([["train", "compare"], ["train", "compare", "--logs", "x"]], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mult_adds_gflops" in done.stdout and "results/stat.csv" in done.stdout
    assert len(rows(tmp_path / "results" / "stat.csv")) == 2
    with Image.open(tmp_path / "results" / "stat.png") as picture:
        assert picture.format == "PNG" and picture.width > 1000
    assert_refused(refused, "no run of a classifier in x")
