import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from train.losses import LOSSES, LossConfig, create_loss
from train.losses.adaface import AdaFaceLoss
from train.losses.base import EmbeddedBatch
from train.losses.dynamic_margin import DynamicMarginLoss
from train.losses.names import LossName
from train.losses.parameters import SIZES, own_parameters
from train.losses.synthetic_direction import SyntheticDirectionLoss
from train.losses.weighted_sum import WeightedSum


def refusal(values: dict[str, Any]) -> tuple[str, str]:
    """Key and message of the one error."""
    with pytest.raises(ValidationError) as caught:
        LossConfig.model_validate(values)
    (error,) = caught.value.errors()
    return ".".join(map(str, error["loc"])), error["msg"]


def test_every_name_has_its_loss() -> None:
    assert list(LOSSES) == list(LossName)


def test_one_term_of_weight_one_is_a_plain_loss() -> None:
    loss = create_loss(LossConfig(parameters={"scale": 8.0}), 16, 10)
    assert isinstance(loss, DynamicMarginLoss) and loss.scale == 8.0


def test_sizes_reach_the_losses_that_take_them() -> None:
    parameters: dict[str, float | bool | str] = {"margin": 0.3, "synthetic": "class"}
    loss = create_loss(LossConfig(name="adaface", parameters=parameters), 16, 10)
    assert isinstance(loss, AdaFaceLoss)
    assert loss.centres.shape == (11, 16) and loss.margin == 0.3


def test_a_file_names_further_terms(make_batch: Callable[..., EmbeddedBatch]) -> None:
    text = """
        [loss]
        name = "triplet"
        parameters = { margin = 1 }
        weight = 0.5
        [[loss.add]]
        name = "dynamic_margin"
        [[loss.add]]
        name = "synthetic_direction"
        weight = 3.0
    """
    config = LossConfig.model_validate(tomllib.loads(text)["loss"])
    loss = create_loss(config, 8, 4).double()
    assert isinstance(loss, WeightedSum) and loss.weights == [0.5, 1.0, 3.0]
    batch = make_batch(0)
    terms = [part(batch).item() for part in loss.losses]
    assert loss(batch).item() == pytest.approx(0.5 * terms[0] + terms[1] + 3 * terms[2], rel=1e-12)
    direction = loss.losses[2]
    assert isinstance(direction, SyntheticDirectionLoss)
    assert {id(p) for p in loss.parameters()} == {id(p) for p in direction.parameters()}


def test_a_weight_counts_without_further_terms(make_batch: Callable[..., EmbeddedBatch]) -> None:
    batch = make_batch(0)
    half = create_loss(LossConfig(weight=0.5), 8, 4)
    assert half(batch).item() == pytest.approx(DynamicMarginLoss()(batch).item() / 2)


def test_the_packaged_configuration_of_the_demo_is_valid(repository: Path) -> None:
    values = tomllib.loads((repository / "train/configs/run/demo.toml").read_text(encoding="utf-8"))
    config = LossConfig.model_validate(values["loss"])
    assert [(term.name, term.weight) for term in config.add] == [("synthetic_direction", 3.0)]


@pytest.mark.parametrize(
    ("values", "key", "parts"),
    [
        ({"name": "arcfac"}, "name", ["unknown loss 'arcfac'; did you mean 'arcface'?", ", ".join(LOSSES)]),
        ({"name": "zzzz"}, "name", ["unknown loss 'zzzz'; known: dynamic_margin"]),
        ({"name": "tripple", "parameters": {"margin": 1.0}}, "name", ["did you mean 'triplet'?"]),
        (
            {"parameters": {"scal": 3}},
            "parameters",
            ["has no parameter 'scal'; did you mean 'scale'?"],
        ),
        ({"name": "arcface", "parameters": {"identities": 3}}, "parameters", ["'identities'"]),
        ({"name": "synthetic_direction", "parameters": {"scale": 1}}, "parameters", ["known: none"]),
        ({"name": "arcface", "parameters": {"margin": 28.6}}, "parameters", ["margin must be at most 1.57"]),
        (
            {"name": "cosface", "parameters": {"scale": 0}},
            "parameters",
            ["scale must be above 0"],
        ),
        ({"name": "adaface", "parameters": {"synthetic": "clas"}}, "parameters", ["'negative' or 'class'"]),
        ({"parameters": {"scale": float("nan")}}, "parameters", ["scale", "finite"]),
        ({"parameters": {"scale": float("inf")}}, "parameters", ["scale", "finite"]),
        ({"parameters": {"scale": True}}, "parameters", ["scale must be a number"]),
        ({"parameters": {"scale": "8"}}, "parameters", ["scale must be a number, not '8'"]),
        ({"parameters": {"scale": [8]}}, "parameters", ["scale must be a number"]),
        ({"parameters": 3}, "parameters", ["dictionary"]),
        ({"weight": 0}, "weight", ["greater than 0"]),
        ({"weight": float("inf")}, "weight", ["finite"]),
        ({"add": [{"weight": 2.0}]}, "add.0.name", ["required"]),
        ({"add": [{"name": "triplet"}, {"name": "tripel"}]}, "add.1.name", ["did you mean 'triplet'?"]),
        ({"add": [{"name": "triplet", "parameters": {"scale": 1}}]}, "add.0.parameters", ["'scale'"]),
        ({"synthetic_weight": 3.0}, "synthetic_weight", ["not permitted"]),
    ],
)
def test_mistakes_are_refused_with_key_and_reason(values: dict[str, Any], key: str, parts: list[str]) -> None:
    where, message = refusal(values)
    assert where == key
    assert all(part in message for part in parts), message
    assert "\n" not in message


@pytest.mark.parametrize("name", LOSSES)
def test_every_own_parameter_is_declared_with_a_default_and_can_be_configured(name: str) -> None:
    made = create_loss(LossConfig(name=name), 8, 4)
    defaults = {parameter: getattr(made, parameter, "negative") for parameter in own_parameters(type(made))}
    assert type(made) is LOSSES[name] and not set(defaults) & set(SIZES)
    assert LossConfig(name=name, parameters=defaults).parameters == defaults


def test_a_check_makes_no_centres(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("centres were made")

    monkeypatch.setattr(torch, "randn", refuse)
    assert LossConfig(name="arcface", parameters={"scale": 30}).parameters == {"scale": 30.0}
    with pytest.raises(AssertionError, match="centres were made"):
        create_loss(LossConfig(name="arcface"), 8, 4)


def test_a_configuration_survives_json() -> None:
    config = LossConfig.model_validate(
        {
            "name": "adaface",
            "parameters": {"synthetic": "class", "scale": 30},
            "add": [{"name": "triplet"}],
        }
    )
    assert LossConfig.model_validate_json(config.model_dump_json()) == config


def test_losses_follow_the_seed(make_batch: Callable[..., EmbeddedBatch]) -> None:
    values = []
    for _ in range(2):
        torch.manual_seed(7)
        values.append(create_loss(LossConfig(name="cosface"), 8, 4).double()(make_batch(0)).item())
    assert values[0] == values[1]
