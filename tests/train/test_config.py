import json
import re
from pathlib import Path

import pytest

from common.runtime.errors import UserError
from train.config import TrainConfig
from train.load_config import load_config, without_effect
from train.losses import create_loss
from train.losses.dynamic_margin import DynamicMarginLoss
from train.packaged_configs import PACKAGED_CONFIGS, packaged_config_names
from train.tasks.verification.notes import settings_notes


def refusal(tmp_path: Path, text: str, **overrides: object) -> str:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_config(TrainConfig, str(path), overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_the_published_ones() -> None:
    config = load_config(TrainConfig, None, {})
    assert config == TrainConfig()
    assert (config.backbone, config.loss.name, config.validation.share) == (None, "dynamic_margin", 0.1)
    assert (config.loss.parameters, config.optimiser.learning_rate) == ({}, 1e-4)


@pytest.mark.parametrize("name", ["demo", "cpu"])
def test_packaged_configurations_load_by_name(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(TrainConfig, name, {}) == load_config(
        TrainConfig, str(PACKAGED_CONFIGS / f"run/{name}.toml"), {}
    )
    assert load_config(TrainConfig, name, {}).backbone != "ir_101"


@pytest.mark.parametrize("name", packaged_config_names("train run"))
def test_every_packaged_configuration_is_without_a_key_that_plays_no_part(name: str) -> None:
    config = load_config(TrainConfig, name, {})
    assert without_effect(config) == []
    create_loss(config.loss, embedding_size=8, identities=4)


def test_the_recipe_of_neural_defenders_has_its_published_settings() -> None:
    config = load_config(TrainConfig, "neural_defenders", {})
    assert config.pretrained == "adaface-ir101-webface12m" and config.epochs == 2
    assert config.pairs == Path("datasets/training/face_pairs.csv")
    assert (config.validation.pairs, config.validation.every_steps) == (
        Path("datasets/validation/face_pairs.csv"),
        100,
    )
    loss = create_loss(config.loss, 512, 10)
    assert isinstance(loss, DynamicMarginLoss) and (loss.scale, loss.margin, loss.slope) == (64, 0.35, 0.1)
    optimiser = config.optimiser
    assert (optimiser.name, optimiser.learning_rate, optimiser.weight_decay) == ("adamw", 5e-6, 0.01)
    assert (optimiser.schedule, optimiser.plateau_factor, optimiser.plateau_patience) == ("plateau", 0.5, 10)
    assert config.augment.is_off and config.batch.size == 64


def test_none_takes_back_what_a_recipe_names() -> None:
    taken = {"pairs": Path("none"), "validation.pairs": "none", "pretrained": "none"}
    config = load_config(TrainConfig, "neural_defenders", taken)
    assert (config.pairs, config.validation.pairs, config.pretrained) == (None, None, None)


def test_the_command_line_lies_on_top_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("seed = 3\nepochs = 7\n[batch]\nsize = 32\n[loss]\nparameters = { scale = 16 }\n")
    config = load_config(
        TrainConfig, str(path), {"epochs": 9, "batch.size": 64, "optimiser.learning_rate": 0.5, "seed": None}
    )
    assert (config.seed, config.epochs, config.batch.size) == (3, 9, 64)
    assert config.optimiser.learning_rate == 0.5 and config.loss.parameters == {"scale": 16}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("epoch = 3", "unknown key 'epoch'; did you mean 'epochs'?"),
        ("[batch]\nsise = 3", "unknown key 'batch.sise'; did you mean 'batch.size'?"),
        ("[optimizer]\nlearning_rate = 1", "unknown key 'optimizer'"),
        ("epochs = 0", "epochs: "),
        ("epochs = 'x'", "epochs: must be a whole number, not 'x'"),
        ("epochs = 1.5", "epochs: must be a whole number, not 1.5"),
        ("same_pictures = 'x'", "same_pictures: must be true or false, not 'x'"),
        ("[hardware]\naccelerator = 'tpu'", "accelerator: must be one of 'auto', 'cpu', "),
        ("[augment]\nblur_sigma = [2, 1]", "augment: blur_sigma is [low, high], but"),
        ("[optimizer]\nlr = 1", "unknown key 'optimizer'; did you mean 'optimiser.learning_rate'?"),
        ("seed = -1", "seed: "),
        ("[validation]\nshare = 1.5", "validation.share: "),
        ("[optimiser]\nlearning_rate = -1", "optimiser.learning_rate: "),
        ("[optimiser]\nlearning_rate = nan", "optimiser.learning_rate: "),
        ("backbone = 'resnet'", "unknown backbone 'resnet'; choose one of ir_18"),
        ("[batch]\nsize = 8\nphotos_per_identity = 5", "fewer than two people"),
        ("[loss]\nname = 'softmax'", "unknown loss 'softmax'"),
        ("[loss]\nparameters = { gamma = 1 }", "gamma"),
        ("[forge]\nmethods = ['self-blent']", "did you mean 'self-blend'?"),
        ("[forge]\nmethods = []", "no method to forge by"),
        ("[forge]\nshare = 1", "forge.share: "),
        ("data = []", "data: "),
        ("epochs = ", "not valid TOML"),
        ("a = 1\na = 2", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)


@pytest.mark.parametrize("text", ["batch = 5", "loss = 'dynamic_margin'", "optimiser = []"])
def test_a_table_that_is_none_is_named_with_an_option_on_top_as_well(tmp_path: Path, text: str) -> None:
    key = text.split(" ")[0]
    assert key in refusal(tmp_path, text)
    option = {"batch": {"batch.size": 64}, "loss": {"loss.name": "dynamic_margin"}}
    overrides = option.get(key, {"optimiser.learning_rate": 0.1})
    assert key in refusal(tmp_path, text, **overrides)


def test_a_missing_file_names_the_packaged_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no configuration .*cpu, demo"):
        load_config(TrainConfig, str(tmp_path / "absent.toml"), {})
    (tmp_path / "latin.toml").write_bytes(b"# \xfc\n")
    with pytest.raises(UserError, match="not valid TOML"):
        load_config(TrainConfig, str(tmp_path / "latin.toml"), {})


def test_a_value_of_the_command_line_is_refused_under_its_key_and_option(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("epochs = 3\n")
    for overrides, told in (
        ({"optimiser.learning_rate": 0.0}, "optimiser.learning_rate (--lr): must be above 0, not 0.0"),
        ({"forge.methods": ("swaps",)}, "forge.methods (--forge-methods): no method 'swaps' to forge by"),
        ({"augment.jpeg": 2}, "augment.jpeg: must be at most 1, not 2"),
    ):
        with pytest.raises(UserError, match=f"^{re.escape(told)}"):
            load_config(TrainConfig, str(file), overrides)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("optimizer.lr", "optimiser.learning_rate"),
        ("optimiser.lr", "optimiser.learning_rate"),
        ("batch.batch_size", "batch.size"),
        ("learning_rate", "optimiser.learning_rate"),
        ("validate.share", "validation.share"),
    ],
)
def test_an_unknown_key_is_met_with_the_one_that_was_meant(key: str, meant: str) -> None:
    with pytest.raises(UserError) as caught:
        load_config(TrainConfig, "cpu", {key: 3})
    assert str(caught.value) == f"unknown key '{key}'; did you mean '{meant}'?"


def test_a_parameter_of_a_loss_is_named_and_the_file_only_where_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^loss\.parameters\.margin: margin must be at most [\d.]+, not 9$"):
        load_config(TrainConfig, "cpu", {"loss.name": "arcface", "loss.parameters.margin": 9})
    told = refusal(tmp_path, "[loss]\nname = 'arcface'\nparameters = { margin = 9 }", **{"loss.weight": 2})
    assert told.startswith(f"{tmp_path / 'own.toml'}: loss.parameters.margin: margin must be at most")


@pytest.mark.parametrize(
    ("key", "value", "needed"),
    [
        ("pair_columns", "path1=a,path2=b", ("pairs", "validation.pairs")),
        ("partial", True, ("pretrained",)),
        ("colour", "BGR", ("pretrained",)),
        ("forge.methods", ["self-blend"], ("forge.share",)),
    ],
)
def test_a_setting_that_plays_no_part_is_refused_or_noted(
    tmp_path: Path, key: str, value: object, needed: tuple[str, ...]
) -> None:
    with pytest.raises(UserError, match="has no effect without --"):
        load_config(TrainConfig, None, {key: value})
    for other in needed:
        assert not without_effect(
            load_config(TrainConfig, None, {key: value, other: 0.5 if "share" in other else "x"})
        )
    stored = TrainConfig().model_dump(mode="json")
    *tables, name = key.split(".")
    (stored[tables[0]] if tables else stored)[name] = value
    (tmp_path / "config.json").write_text(json.dumps(stored))
    config = load_config(TrainConfig, str(tmp_path / "config.json"), {})
    (note,) = settings_notes(config, config.batch.size)
    assert "has no effect without --" in note
    (note,) = settings_notes(load_config(TrainConfig, None, {}), 40)
    assert note.startswith("a batch has 40 crops, not 256")
