"""Folds from the first run to the summary: killed, split over machines, and used as an ensemble."""

import csv
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy.special import expit

from common.models.classifier_checkpoint import read_classifier_info
from common.models.classifier_files import classifier_files
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.folds.fold_folder import FoldFolder
from train.folds.resume_folds import folds_config, folds_to_resume
from train.folds.run_folds import FoldsOutcome, resume_folds, start_folds
from train.load_config import load_config
from train.loggers.base import Logger, StepRecord
from train.records.leaderboard_table import leaderboard_rows
from train.tasks.classification.config import ClassifierConfig

pytestmark = pytest.mark.slow

Settings = Callable[..., ClassifierConfig]

SMALL = {
    "backbone": "timm:test_resnet", "size": 32, "epochs": 1, "folds": 2, "batch.size": 8,
    "batch.loader_workers": 0, "hardware.accelerator": "cpu", "optimiser.warmup_steps": 1,
    "validation.threshold": "f1", "same_pictures": False,
}  # fmt: skip


class Interrupts(Logger):
    """Presses Ctrl-C after a step, and counts the folds that begin."""

    def __init__(self, fold: int = 0, step: int = 0) -> None:
        self.begun: list[int] = []
        self._at = fold, step

    @contextmanager
    def __call__(self, fold: int) -> Iterator[Logger]:
        self.begun.append(fold)
        yield self

    def stepped(self, record: StepRecord) -> None:
        if (self.begun[-1], record.step) == self._at:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def settings(tiny_shards: Path) -> Settings:
    def configured(out: Path, **changes: Any) -> ClassifierConfig:
        return load_config(ClassifierConfig, None, SMALL | {"data": tiny_shards, "out": out} | changes)

    return configured


@pytest.fixture(scope="module")
def whole(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> FoldsOutcome:
    """Two folds of the tiny shards, trained without a break; not to be changed."""
    return start_folds(settings(tmp_path_factory.mktemp("whole")), Interrupts())


def resumed(out: Path, logger: Interrupts, **overrides: Any) -> FoldsOutcome:
    own = {"out": out} | overrides
    folder = folds_to_resume(None, None, own)
    assert folder is not None
    return resume_folds(folder, folds_config(folder, None, own), logger)


def assert_equal(one: FoldFolder, other: FoldFolder) -> None:
    """The same assignment, weights and scores, whatever the runs are called."""
    assert one.read_plan().same_assignment(other.read_plan())
    assert one.scores.read_bytes() == other.scores.read_bytes()
    for fold in (1, 2):
        first, second = load_file(one.model(fold)), load_file(other.model(fold))
        assert first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def test_every_crop_is_scored_once_by_the_fold_that_held_it_out(
    whole: FoldsOutcome, tiny_shards: Path
) -> None:
    folder, dataset = whole.folder, CropDataset(tiny_shards)
    with folder.scores.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "label", "fold", "logit", "probability"]
    assert [row[0] for row in rows] == dataset.paths()
    labels = np.array([row[1] == "1" for row in rows])
    assert np.array_equal(labels, dataset.synthetic)
    for row, person in zip(rows, dataset.identity_names[dataset.identities], strict=True):
        (part,) = [part for part in folder.read_plan().parts if person in part.held_out]
        assert int(row[2]) == part.fold
        assert float(row[4]) == expit(float(row[3]))
    for part in folder.read_plan().parts:
        info = read_classifier_info(folder.model(part.fold))
        assert info.fold == f"{part.fold} of 2" and part.bona_fide == 18 and part.synthetic == 9
    said = json.loads(folder.summary.read_text(), parse_constant=pytest.fail)
    figures = [each["figures"] for each in said["folds"]]
    assert said["mean"]["auc"] == pytest.approx(np.mean([each["auc"] for each in figures]))
    assert said["deviation"]["f1"] == pytest.approx(np.std([each["f1"] for each in figures], ddof=1))
    together = said["out_of_fold"]
    assert (together["bona_fide"], together["synthetic"], together["groups"]) == (36, 18, 6)
    assert together["intervals"]["auc"][0] <= together["figures"]["auc"] <= together["intervals"]["auc"][1]
    history = json.loads((whole.config.out / "performance_history.json").read_text())
    for part, own in zip(folder.read_plan().parts, figures, strict=True):
        assert own["auc"] == max(record["auc"] for record in history if record["run"] == part.run)
    assert {row.run.partition(", ")[2] for row in leaderboard_rows(whole.config.out / "checkpoints")} == {
        "fold 1 of 2", "fold 2 of 2",
    }  # fmt: skip


def test_interrupted_folds_go_on_with_those_of_another_machine_to_the_same_bits(
    whole: FoldsOutcome, settings: Settings, tmp_path: Path
) -> None:
    first = start_folds(settings(tmp_path), stopped := Interrupts(fold=1, step=1))
    assert first.interrupted and first.unfinished == [1, 2] and stopped.begun == [1]
    with pytest.raises(UserError, match="were started with another epochs, and keep their own"):
        resumed(tmp_path, Interrupts(), epochs=9)
    shutil.copy(whole.folder.model(2), first.folder.model(1))
    with pytest.raises(UserError, match="is fold 2 of 2, not fold 1 of 2; move it"):
        resumed(tmp_path, Interrupts())
    first.folder.model(1).rename(first.folder.model(2))
    second = resumed(tmp_path, going_on := Interrupts())
    assert going_on.begun == [1] and not second.interrupted
    assert_equal(whole.folder, second.folder)
    assert second.folder.read_plan().runs[2] == whole.folder.read_plan().runs[2]
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_folds_of_one_configuration_find_each_other_and_refuse_those_of_another(
    whole: FoldsOutcome, settings: Settings, tmp_path: Path
) -> None:
    one = start_folds(settings(tmp_path, seed=1, fold=1), Interrupts())
    assert one.unfinished == [2] and one.summary is None
    other = start_folds(settings(tmp_path, seed=1, fold=2), logger := Interrupts(fold=2, step=1))
    assert other.folder == one.folder and other.interrupted and logger.begun == [2]
    shutil.copy(whole.folder.model(2), one.folder.model(2))
    with pytest.raises(UserError, match="was trained on other data or folds than"):
        resumed(tmp_path, Interrupts())


def test_a_changed_assignment_or_other_pixels_are_told_before_anything_is_trained(
    whole: FoldsOutcome, tiny_shards: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole.config.out / "folds", tmp_path / "logs" / "folds")
    folder = FoldFolder(tmp_path / "logs" / "folds" / whole.folder.name)
    said = json.loads(folder.plan.read_text())
    one, other = said["parts"]
    for parts in (
        [one],
        [one, one],
        [one | {"run": "../x"}, other],
        [one, other | {"held_out": one["held_out"]}],
    ):
        folder.plan.write_text(json.dumps(said | {"parts": parts}))
        with pytest.raises(UserError, match=r"folds\.json is no assignment of folds"):
            folder.read_plan()
    folder.plan.write_text(json.dumps(said))
    folder.summary.unlink()  # killed while it was summed up
    later = shutil.copytree(whole.folder.path, folder.path.with_name("9"))
    assert folders_name(tmp_path / "logs") == folder.name and later.is_dir()
    begun = Interrupts()
    for column, told in (("images", "was trained on other data or folds"), ("synthetic", "crops or labels")):
        data = shutil.copytree(tiny_shards, tmp_path / column)
        with h5py.File(data / "shard-00000.h5", "r+") as file:
            file[column][0] = 1 - file[column][0]
        stored = json.loads((folder.path / "config.json").read_text()) | {"data": [str(data)]}
        (folder.path / "config.json").write_text(json.dumps(stored))
        with pytest.raises(UserError, match=told):
            resumed(tmp_path / "logs", begun)
        folder.model(1).unlink(missing_ok=True)
    assert not begun.begun


def folders_name(out: Path) -> str:
    """The set that `--resume` goes on with."""
    folder = folds_to_resume(None, None, {"out": out})
    assert folder is not None
    return folder.name


def test_the_folder_of_folds_is_an_ensemble(whole: FoldsOutcome, tmp_path: Path) -> None:
    files = classifier_files([whole.folder.path])
    assert [each.path.name for each in files] == [f"fold_{fold}.safetensors" for fold in (1, 2)]
    with pytest.raises(UserError, match="there is no classifier in"):
        classifier_files([tmp_path])
    with pytest.raises(UserError, match=r"no file matches .*fold_\*\.onnx; name a folder"):
        classifier_files([tmp_path / "fold_*.onnx"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"folds": 1}, "one fold would leave nothing to train on"),
        ({"fold": 4}, "there is no fold 4 of 2; --fold is from 1 to 2"),
        ({"folds": 0, "fold": 2}, "--fold has no effect without --folds"),
    ],
)
def test_folds_that_make_no_sense_are_refused(
    settings: Settings, tmp_path: Path, changes: dict[str, int], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        settings(tmp_path, **changes)


def test_killed_folds_go_on_by_the_command(
    whole: FoldsOutcome, tiny_shards: Path, tmp_path: Path, start_command: Callable[..., Any]
) -> None:
    words = [word for key, value in SMALL.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    command = ["train", "classifier", "--data", tiny_shards, "--out", "logs"]
    killed = start_command(*command, *words, "--set", "save_minutes=0", merged=True)
    deadline = time.monotonic() + 100
    while len(list((tmp_path / "logs").glob("runs/*/state.pt"))) < 2 and time.monotonic() < deadline:
        assert killed.poll() is None, killed.communicate()[0]
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    told, _ = (going_on := start_command(*command, "--resume", merged=True)).communicate(timeout=150)
    assert going_on.returncode == 0 and "fold 2 of 2" in told and "fold 1 of 2" not in told, told
    for text in ("Out of fold: AUC", "mean", "±", "python -m infer classify PHOTOGRAPHS --model"):
        assert text in told, told
    (folder,) = (tmp_path / "logs" / "folds").iterdir()
    assert_equal(whole.folder, FoldFolder(folder))
