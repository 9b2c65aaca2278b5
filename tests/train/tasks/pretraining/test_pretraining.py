"""Runs of the pre-training on small crops, and of what starts from them."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

from common.models.classifier_checkpoint import load_classifier, read_classifier_info
from common.models.load_encoder import Wanted, load_encoder
from common.models.pretraining_checkpoint import is_pretraining, load_pretraining
from common.runtime.errors import UserError
from train.load_config import load_config
from train.loggers.base import Logger, StepRecord
from train.loop import Outcome
from train.packaged_configs import packaged_config_names
from train.start import resume_run, resumed_config, start_run
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.initial_weights import initial_classifier
from train.tasks.pretraining.config import PretrainConfig
from train.tasks.verification.initial_weights import initial_encoder

pytestmark = pytest.mark.slow

NETWORK = "timm:test_convnext"
Settings = Callable[..., PretrainConfig]


class Notes(Logger):
    """Keeps what is told, and interrupts after a step where it is asked to."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.told: list[str] = []
        self.losses: list[float] = []
        self._interrupt_at = interrupt_at

    def noted(self, message: str) -> None:
        self.told.append(message)

    def stepped(self, record: StepRecord) -> None:
        self.losses.append(record.loss)
        if record.step == self._interrupt_at:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def settings(tiny_shards: Path) -> Settings:
    def configured(out: Path, **changes: Any) -> PretrainConfig:
        small = {
            "data": tiny_shards, "out": out, "backbone": NETWORK, "size": 64, "patch": 16, "epochs": 2,
            "batch.size": 8, "batch.loader_workers": 0, "hardware.accelerator": "cpu",
            "validation.share": 0.34, "optimiser.warmup_steps": 2,
        }  # fmt: skip
        return load_config(PretrainConfig, None, small | changes)

    return configured


@pytest.fixture(scope="module")
def outcome(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run on colours alone."""
    return start_run(settings(tmp_path_factory.mktemp("pretraining"), recipe="mine"), Notes())


def history(out: Path) -> list[dict[str, Any]]:
    records = json.loads((out / "performance_history.json").read_text(), parse_constant=pytest.fail)
    return [{**record, "run": ""} for record in records]


def test_an_interrupted_run_goes_on_to_the_same_bits(settings: Settings, tmp_path: Path) -> None:
    changes = {"planes": ["rgb", "srm"], "exact": False, "target": "planes", "mask_before": False}
    whole = start_run(settings(tmp_path / "whole", **changes), Notes())
    part = start_run(settings(tmp_path / "part", **changes), Notes(interrupt_at=4))
    assert part.interrupted and not whole.interrupted
    resumed = resume_run(*resumed_config(PretrainConfig, None, None, {"out": tmp_path / "part"}), Notes())
    one, other = load_file(whole.last_checkpoint), load_file(resumed.last_checkpoint)
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    assert history(tmp_path / "whole") == history(tmp_path / "part")


def test_the_checkpoint_is_the_network_of_timm(outcome: Outcome) -> None:
    path = outcome.last_checkpoint
    assert is_pretraining(path)
    loaded = load_pretraining(path)
    network = timm.create_model("test_convnext", num_classes=0)
    network.load_state_dict(loaded.tensors)
    info = loaded.info
    assert (info.network, info.recipe, info.patch, info.ratio) == (NETWORK, "mine", 16, 0.6)
    assert info.trained_on.startswith("36 crops in tiny_shards")
    assert loaded.standing.task == "pretraining" and loaded.standing.figures["validation_loss"] is not None
    with Image.open(outcome.folder.path / "reconstructions.png") as picture:
        assert picture.format == "PNG" and picture.width > 2 * picture.height
    with pytest.raises(
        UserError, match=r"is a pre-training, which has no last layer.*train classifier --init"
    ):
        load_classifier(path)
    with pytest.raises(UserError, match="a checkpoint of the task pretraining, not of a face encoder"):
        load_encoder(str(path))


def test_it_learns(settings: Settings, tmp_path: Path) -> None:
    notes = Notes()
    changes = {"optimiser.learning_rate": 3e-3, "validation.every_epochs": 12, "same_pictures": False}
    start_run(settings(tmp_path, epochs=12, **changes), notes)
    first, last = history(tmp_path)
    assert last["validation_loss"] < 0.95 * first["validation_loss"] and notes.losses[-1] < notes.losses[0]
    assert "10 of 16 places of 16 pixels are masked" in "\n".join(notes.told)


def test_a_classifier_starts_from_it_and_the_history_says_so(
    outcome: Outcome, tiny_shards: Path, tmp_path: Path
) -> None:
    path = outcome.last_checkpoint
    small = {
        "data": tiny_shards, "out": tmp_path, "backbone": NETWORK, "size": 48, "epochs": 1,
        "pretrained": str(path), "batch.size": 8, "batch.loader_workers": 0,
        "hardware.accelerator": "cpu", "validation.share": 0.34,
    }  # fmt: skip
    notes = Notes()
    run = start_run(load_config(ClassifierConfig, None, small), notes)
    assert any("its decoder is left out, and the head is random" in note for note in notes.told)
    assert {record["pretraining"] for record in history(tmp_path)} == {outcome.folder.run}
    assert read_classifier_info(run.last_checkpoint).pretraining == outcome.folder.run
    started = load_file(run.folder.start)
    tensors = load_file(path)
    assert torch.equal(started["model.stem.0.weight"], tensors["stem.0.weight"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"backbone": "timm:resnet18"},
            "pre-training of timm:test_convnext, not of timm:resnet18; add --backbone",
        ),
        ({"planes": "rgb,srm"}, "sees the planes rgb, not rgb,srm; add --planes rgb"),
    ],
)
def test_another_network_or_planes_are_refused_with_what_to_add(
    outcome: Outcome, changes: dict[str, Any], told: str
) -> None:
    config = load_config(ClassifierConfig, None, {"backbone": NETWORK, "size": 64} | changes)
    with pytest.raises(UserError, match=told) as error:
        initial_classifier(config, str(outcome.last_checkpoint))
    assert "\n" not in str(error.value)


def test_an_encoder_starts_from_it_whatever_the_size(outcome: Outcome) -> None:
    tensors = load_file(outcome.last_checkpoint)
    loaded = initial_encoder(str(outcome.last_checkpoint), Wanted(size=112))
    assert loaded.encoder.backbone_name == NETWORK and loaded.encoder.input_format.size == 112
    own = loaded.encoder.backbone.state_dict()
    assert all(torch.equal(own[f"trunk.{key}"], tensors[key]) for key in tensors if f"trunk.{key}" in own)
    assert "from a pre-training of facetrust, RGB 112 px" in loaded.summary and "(head." in loaded.summary
    with pytest.raises(UserError, match="pre-training of timm:test_convnext, not of ir_18; add --backbone"):
        initial_encoder(str(outcome.last_checkpoint), Wanted(backbone="ir_18"))


def test_positions_of_a_transformer_are_resampled(settings: Settings, tmp_path: Path) -> None:
    changes = {"backbone": "timm:test_vit", "epochs": 1, "planes": ["rgb", "spectrum"]}
    path = str(start_run(settings(tmp_path, **changes), Notes()).last_checkpoint)
    small = {"backbone": "timm:test_vit", "planes": "rgb,spectrum", "size": 96}
    start = initial_classifier(load_config(ClassifierConfig, None, small), path)
    own, tensors = start.classifier.network.state_dict(), load_file(path)
    assert own["model.pos_embed"].shape != tensors["pos_embed"].shape
    assert torch.equal(own["model.blocks.0.attn.qkv.weight"], tensors["blocks.0.attn.qkv.weight"])
    assert torch.equal(own["model.patch_embed.proj.weight"], tensors["patch_embed.proj.weight"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"patch": 10**12}, "do not share 64 evenly; choose --patch 32"),
        ({"patch": 48}, "places of 48 pixels do not share 64 evenly; choose --patch 32"),
        ({"backbone": "simple_vit"}, "simple_vit cannot be pre-trained; choose a network of timm, timm:NAME"),
        ({"backbone": f"{NETWORK}+fpn"}, r"\+fpn cannot be pre-trained; .*timm:test_convnext$"),
        ({"forge.share": 0.5}, "a pre-training makes no forgeries"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    settings: Settings, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        settings(tmp_path, **changes)


@pytest.mark.parametrize("name", packaged_config_names(PretrainConfig.command))
def test_recipes_are_whole(name: str) -> None:
    config = load_config(PretrainConfig, name, {})
    assert config.recipe == name
