"""The published recipe finds its lists and its weights where the published system lays them."""

from itertools import combinations
from pathlib import Path

import pytest
import torch

from common.models.checkpoint import read_checkpoint_info
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropDataset
from train.load_config import load_config
from train.loggers.base import Logger
from train.start import start_run

pytestmark = pytest.mark.slow


class Notes(Logger):
    def __init__(self) -> None:
        self.told: list[str] = []

    def noted(self, message: str) -> None:
        self.told.append(message)


def write_pairs(path: Path, dataset: CropDataset, people: set[str]) -> None:
    paths, names = dataset.paths(), dataset.identity_names[dataset.identities].tolist()
    rows = [row for row, name in enumerate(names) if name in people and row % 3 == 0]
    lines = [f"{paths[a]},{paths[b]},{int(names[a] == names[b])}" for a, b in combinations(rows, 2)]
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["path1,path2,label", *lines]) + "\n")


def test_lists_and_weights_are_found(
    tiny_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    changes = {
        "data": tiny_shards, "backbone": "ir_lite", "hardware.accelerator": "cpu", "epochs": 1,
        "batch.loader_workers": 0,
    }  # fmt: skip
    config = load_config(TrainConfig, "neural_defenders", changes)
    with pytest.raises(
        UserError, match=r"no list of pairs datasets.training.face_pairs.csv; .* --pairs none"
    ):
        start_run(config, Notes())
    dataset, notes = CropDataset(tiny_shards), Notes()
    write_pairs(Path("datasets/training/face_pairs.csv"), dataset, {"person0", "person1", "person2"})
    write_pairs(Path("datasets/validation/face_pairs.csv"), dataset, {"person3", "person4"})
    weights = Path("training_logs/pretrained/adaface_ir101_webface12m.pt")
    weights.parent.mkdir(parents=True)
    torch.save(Encoder("ir_lite").backbone.state_dict(), weights)
    outcome = start_run(config, notes)
    assert f"the weights are those of {weights}" in notes.told
    info = read_checkpoint_info(outcome.last_checkpoint)
    assert info.step == 1 and info.validated is not None and info.validated.people == 2
