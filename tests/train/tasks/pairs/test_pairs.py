"""Runs of a network of pairs on small crops."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from common.models.checkpoint import read_standing
from common.models.load_encoder import load_encoder
from common.models.pair_checkpoint import is_pair_network, load_pair_network
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropDataset
from train.load_config import load_config
from train.loggers.base import Logger
from train.loop import Outcome
from train.start import start_run

NETWORK = "timm:test_resnet"
Settings = Callable[..., TrainConfig]


class Notes(Logger):
    def __init__(self) -> None:
        self.told: list[str] = []

    def noted(self, message: str) -> None:
        self.told.append(message)


@pytest.fixture(scope="module")
def settings(tiny_shards: Path) -> Settings:
    def configured(out: Path, **changes: Any) -> TrainConfig:
        small = {
            "data": tiny_shards, "out": out, "backbone": NETWORK, "epochs": 1, "batch.size": 18,
            "batch.loader_workers": 0, "hardware.accelerator": "cpu", "validation.share": 0.34,
            "validation.pairs_per_category": 8,
        }  # fmt: skip
        return load_config(TrainConfig, "pair_cnn", small | changes)

    return configured


@pytest.fixture(scope="module")
def outcome(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return start_run(settings(tmp_path_factory.mktemp("pairs")), Notes())


@pytest.mark.slow
def test_a_run_leaves_a_checkpoint_of_its_own_kind(outcome: Outcome, tiny_shards: Path) -> None:
    last = outcome.last_checkpoint
    assert last.name == "last-pairs.safetensors" and is_pair_network(last)
    network, info = load_pair_network(last)
    assert (info.backbone, info.input_format.size, info.step) == (NETWORK, 112, 4)
    assert info.threshold is not None and 0 <= info.threshold <= 1
    assert info.synthetic is not None and info.synthetic.crops == 12 and info.synthetic.pairs == 8
    standing = read_standing(last)
    assert standing.task == "pairs" and standing.figure(standing.rankings[0]) == info.eer
    crops = CropDataset(tiny_shards)[list(range(10))].crops
    forwards = network.score(crops[:5], crops[5:])
    torch.testing.assert_close(network.score(crops[5:], crops[:5]), forwards)
    assert forwards.unique().numel() == 5
    records = json.loads((outcome.folder.path.parents[1] / "performance_history.json").read_text())
    assert [record["task"] for record in records] == ["pairs", "pairs"]
    assert records[-1]["errors"]["synthetic"]["total"] == 8


@pytest.mark.slow
def test_a_run_starts_from_the_checkpoint_of_another(
    settings: Settings, outcome: Outcome, tmp_path: Path
) -> None:
    notes = Notes()
    changes = {"pretrained": str(outcome.last_checkpoint), "optimiser.learning_rate": 1e-12}
    again = start_run(settings(tmp_path, **changes), notes)
    assert any(note.startswith("weights of ") for note in notes.told)
    before, after = (load_pair_network(each.last_checkpoint)[0] for each in (outcome, again))
    key = "network.model.fc.weight"
    torch.testing.assert_close(after.state_dict()[key], before.state_dict()[key])


@pytest.mark.slow
def test_what_needs_an_encoder_refuses_it_and_says_who_takes_it(outcome: Outcome) -> None:
    with pytest.raises(UserError, match=r"of the task pairs, not of a face encoder.*'python -m infer pairs'"):
        load_encoder(str(outcome.last_checkpoint))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"loss.name": "triplet"}, "--loss has no effect with a network of pairs"),
        ({"keep": 1.0}, "--keep has no effect"),
        ({"backbone": "plain_cn"}, "did you mean 'plain_cnn'"),
    ],
)
def test_settings_that_are_not_for_it_are_refused(
    settings: Settings, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        settings(tmp_path, **changes)
