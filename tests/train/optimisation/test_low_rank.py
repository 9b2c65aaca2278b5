from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import train.loop
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.load_config import load_config
from train.loggers.base import Logger
from train.optimisation.low_rank import LowRank, merged
from train.start import resume_run, resumed_config, start_run


class Recorder(Logger):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def noted(self, message: str) -> None:
        self.notes.append(message)


def test_the_matrices_alone_move_and_merge_into_the_plain_network() -> None:
    torch.manual_seed(0)
    crops = torch.randn(4, 3, 8, 8)
    network = nn.Sequential(
        nn.Conv2d(3, 16, 3, 2), nn.BatchNorm2d(16), nn.Conv2d(16, 8, 3), nn.Flatten(), nn.Linear(8, 8)
    )
    before = {name: value.clone() for name, value in network.eval().state_dict().items()}
    output = network(crops)
    low_rank = LowRank(network, 2)
    torch.testing.assert_close(network(crops), output)
    optimiser = torch.optim.AdamW([each for each in network.parameters() if each.requires_grad], 0.1)
    network.train()
    low_rank.hold()
    for _ in range(2):
        network(crops).square().sum().backward()
        optimiser.step()
    network.eval()
    state = {name.replace(".base_layer", ""): value for name, value in network.state_dict().items()}
    own = {name: value for name, value in state.items() if ".lora_" not in name}
    assert own.keys() == before.keys() and all(torch.equal(own[name], before[name]) for name in own)
    assert (network(crops) - output).abs().max() > 0.1
    plain = merged(network)
    assert plain.state_dict().keys() == before.keys()
    torch.testing.assert_close(plain(crops), network(crops))
    (note,) = low_rank.notes(network)
    trained = 2 * (3 * 9 + 16) + 2 * (16 * 9 + 8) + 2 * (8 + 8)
    total = sum(each.numel() for each in plain.parameters())
    assert f"{trained:,} parameters are trained in the place of {total:,};" in note


def test_random_layers_are_trained_whole_and_grouped_ones_stay() -> None:
    head = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
    network = nn.Sequential(
        nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.Flatten(), head
    )
    low_rank = LowRank(network, 4, [head])
    trained = {name for name, each in network.named_parameters() if each.requires_grad}
    assert trained == {
        "1.lora_A.default.weight",
        "1.lora_B.default.weight",
        "4.0.weight",
        "4.0.bias",
        "4.1.weight",
        "4.1.bias",
    }
    network.train()
    low_rank.hold()
    assert not network[2].training and head[1].training
    with pytest.raises(UserError, match="no layer is wider than 8; lower --lora"):
        LowRank(nn.Sequential(nn.Linear(8, 8)), 8)


def test_a_rank_of_0_changes_nothing() -> None:
    network = nn.Linear(4, 4)
    assert LowRank(network, 0).notes(network) == [] and merged(network) is network
    assert all(each.requires_grad for each in network.parameters())


@pytest.mark.slow
def test_a_run_keeps_plain_encoders_and_is_resumed_to_the_bit(
    tiny_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train.loop, "plot_history", lambda *told: None)
    start = tmp_path / "start.safetensors"
    torch.manual_seed(0)
    encoder = Encoder("ir_lite")
    info = CheckpointInfo(
        backbone="ir_lite",
        input_format=encoder.input_format,
        threshold=None,
        eer=None,
        accuracy=None,
        epoch=0,
        step=0,
        run="r",
        validation="v",
    )
    save_checkpoint(start, encoder, info)

    def configure(name: str, epochs: int) -> TrainConfig:
        return load_config(
            TrainConfig,
            None,
            {
                "data": tiny_shards,
                "out": tmp_path / name,
                "pretrained": str(start),
                "lora": 2,
                "freeze": 1,
                "epochs": epochs,
                "hardware.accelerator": "cpu",
                "batch.size": 8,
                "batch.photos_per_identity": 4,
                "batch.loader_workers": 0,
                "validation.share": 0.34,
                "validation.pairs_per_category": 12,
                "validation.every_steps": 100,
                "optimiser.average_decay": 0.5,
                "optimiser.learning_rate": 0.01,
                "same_pictures": False,
            },
        )

    recorder = Recorder()
    whole = start_run(configure("whole", 2), recorder)
    assert any(note.startswith("LoRA of rank 2 beside ") for note in recorder.notes)
    part = start_run(configure("part", 1), Recorder())
    with pytest.raises(UserError, match="another lora"):
        resumed_config(TrainConfig, None, None, {"out": tmp_path / "part", "lora": 4})
    start.unlink()
    resumed = resume_run(
        *resumed_config(TrainConfig, None, None, {"out": tmp_path / "part", "epochs": 2}), Recorder()
    )
    first, last = (load_file(outcome.last_checkpoint) for outcome in (whole, resumed))
    before = load_file(part.folder.start)
    assert first.keys() == last.keys() == before.keys() == encoder.backbone.state_dict().keys()
    assert all(torch.equal(first[name], last[name]) for name in first)
    moved = {name for name in first if not torch.equal(first[name], before[name])}
    frozen = [
        name for name, module in encoder.backbone.named_modules() if module is encoder.backbone.stages()[0]
    ]
    assert frozen and not any(name.startswith(f"{frozen[0]}.") for name in moved)
    wide = {
        name for name, module in encoder.backbone.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)
    }
    assert moved and all(name.removesuffix(".weight") in wide for name in moved), "all else is as it was"


def test_without_weights_to_start_from_it_is_refused() -> None:
    with pytest.raises(UserError, match="--lora has no effect without --pretrained"):
        load_config(TrainConfig, None, {"lora": 4})
