from pathlib import Path

import pytest
import timm
import torch

from common.models.encoder import Encoder
from common.models.input_format import InputFormat, default_input_format
from common.models.load_encoder import Wanted
from common.models.weights.layouts import PLAIN, RANDOM
from common.runtime.errors import UserError
from train.tasks.verification import initial_weights
from train.tasks.verification.initial_weights import initial_encoder


def test_without_weights_the_default_is_a_random_ir_101() -> None:
    loaded = initial_encoder(None, Wanted())
    assert loaded.encoder.backbone_name == "ir_101" and loaded.layout is RANDOM
    assert loaded.encoder.input_format == InputFormat()
    assert loaded.missing == () == loaded.unused


def test_random_weights_follow_the_seed_and_the_size_that_is_wanted() -> None:
    made = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        made.append(initial_encoder(None, Wanted("ir_lite", size=64, colour="BGR")).encoder)
    assert made[0].input_format == InputFormat(size=64, colour="BGR")
    first, same, other = (encoder.backbone.get_parameter("input_layer.0.weight") for encoder in made)
    assert torch.equal(first, same) and not torch.equal(first, other)
    assert made[0](torch.zeros(1, 3, 64, 64)).shape == (1, 128)


def test_a_timm_backbone_starts_with_its_own_normalisation() -> None:
    loaded = initial_encoder(None, Wanted("timm:resnet10t", size=112))
    assert loaded.encoder.input_format == default_input_format("timm:resnet10t", 112)


def test_given_weights_tell_the_backbone(tmp_path: Path) -> None:
    weights = Encoder("ir_lite").backbone.state_dict()
    torch.save(weights, tmp_path / "w.pt")
    loaded = initial_encoder(str(tmp_path / "w.pt"), Wanted(size=112))
    assert loaded.encoder.backbone_name == "ir_lite" and loaded.layout is PLAIN
    assert all(
        torch.equal(value, weights[key]) for key, value in loaded.encoder.backbone.state_dict().items()
    )
    with pytest.raises(UserError, match="is a ir_lite; add --backbone ir_lite"):
        initial_encoder(str(tmp_path / "w.pt"), Wanted("ir_18"))


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(UserError, match="unknown backbone 'x'"):
        initial_encoder(None, Wanted("x"))


def test_what_timm_publishes_fills_all_but_the_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="timm publishes weights of its own networks"):
        initial_encoder("timm", Wanted("ir_lite"))
    weights = timm.create_model("test_resnet").state_dict()
    torch.save(weights, tmp_path / "w.pt")
    monkeypatch.setattr(initial_weights, "published_by_timm", lambda plain: str(tmp_path / "w.pt"))
    loaded = initial_encoder("timm", Wanted("timm:test_resnet", size=48))
    found = loaded.encoder.backbone.state_dict()
    assert torch.equal(found["trunk.conv1.0.weight"], weights["conv1.0.weight"])
    assert loaded.missing and all(key.startswith("head.") for key in loaded.missing)
