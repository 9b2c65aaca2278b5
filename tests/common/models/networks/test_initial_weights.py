from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from common.models.networks import create_network
from common.models.networks.initial_weights import licence_note, load_initial
from common.runtime.errors import UserError

SMALL = "test_vit"  # of timm, for tests: takes the size of a crop


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """The state of a small network of timm with its 1000 classes."""
    import timm

    torch.manual_seed(7)
    state: dict[str, Tensor] = timm.create_model(SMALL).state_dict()
    return state


def saved(path: Path, state: dict[str, Tensor]) -> str:
    save_file({key: value.contiguous() for key, value in state.items()}, path)
    return str(path)


def test_a_network_starts_from_all_but_the_layer_of_classes(
    tmp_path: Path, published: dict[str, Tensor]
) -> None:
    network = create_network(f"timm:{SMALL}", 160)
    head = network.model.head.weight.detach().clone()
    drawn = torch.get_rng_state()
    line = load_initial(network, f"timm:{SMALL}", saved(tmp_path / "w.safetensors", published))
    assert line.endswith("w.safetensors; its layer of 1000 classes is left out (head.weight, head.bias)")
    assert torch.equal(torch.get_rng_state(), drawn)
    own = network.model.state_dict()
    for key in published.keys() - {"head.weight", "head.bias"}:
        assert torch.equal(own[key], published[key]), key
    assert torch.equal(network.model.head.weight, head)


@pytest.mark.slow
def test_positions_are_resampled_to_the_size_of_the_crops(
    tmp_path: Path, published: dict[str, Tensor], recwarn: pytest.WarningsRecorder
) -> None:
    network = create_network(f"timm:{SMALL}", 96)
    load_initial(network, f"timm:{SMALL}", saved(tmp_path / "w.safetensors", published))
    before, after = published["pos_embed"][0, 1:].mean(0), network.model.pos_embed[0, 1:].mean(0)
    assert network.model.pos_embed.shape[1] == 37
    assert torch.nn.functional.cosine_similarity(before, after, dim=0) > 0.9
    assert not recwarn.list


@pytest.mark.slow
def test_the_maps_under_a_pyramid_start_from_them_too(tmp_path: Path) -> None:
    import timm

    state = timm.create_model("convnextv2_atto").state_dict()
    name = "timm:convnextv2_atto+fpn+cbam"
    network = create_network(name, 64)
    assert "1000 classes" in load_initial(network, name, saved(tmp_path / "w.safetensors", state))
    backbone = network.backbone.state_dict()  # timm writes stages_0 for stages.0 here
    assert torch.equal(backbone["stages_3.blocks.1.mlp.fc2.bias"], state["stages.3.blocks.1.mlp.fc2.bias"])
    assert torch.equal(backbone["stem_0.weight"], state["stem.0.weight"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: state.pop("norm.bias"), r"does not fit timm:test_vit \(missing: norm.bias\)"),
        (lambda state: state.update(more=torch.zeros(2)), r"\(unknown: more\)"),
        (
            lambda state: state.update({"norm.bias": torch.zeros(3)}),
            r"norm.bias is \(3,\) and should be \(64,\)",
        ),
        (lambda state: state.update({"norm.bias": torch.full((64,), torch.nan)}), "not finite numbers"),
        (lambda state: state.update({"norm.bias": torch.ones(64).int()}), "holds whole numbers"),
        (
            lambda state: [state.pop(key) for key in list(state)[:50]],
            "it has no cls_token, .* … of its shapes",
        ),
        (
            lambda state: state.update({"head.weight": torch.zeros(40_000, 1)}),
            "40000 classes, more than 30000",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, published: dict[str, Tensor], change: Callable[[dict[str, Tensor]], object], told: str
) -> None:
    state = dict(published)
    change(state)
    network = create_network(f"timm:{SMALL}", 160)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(UserError, match=told):
        load_initial(network, f"timm:{SMALL}", saved(tmp_path / "w.safetensors", state))
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_without_the_hub_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    network = create_network("timm:resnet18", 32)
    with pytest.raises(
        UserError, match=r"hf:timm/resnet18.a1_in1k is not in the local cache .*; connect once, or"
    ):
        load_initial(network, "timm:resnet18", "timm")


def test_networks_without_published_weights_are_named() -> None:
    with pytest.raises(UserError, match="has no published weights; leave --pretrained out"):
        load_initial(create_network("sqnxt15_w1.0", 32), "sqnxt15_w1.0", "timm")
    with pytest.raises(
        UserError, match=r"no weights of timm:efficientnet_lite1 .* timm:tf_efficientnet_lite1"
    ):
        load_initial(create_network("timm:efficientnet_lite1", 32), "timm:efficientnet_lite1", "timm")


def test_a_licence_that_restricts_use_is_told() -> None:
    assert licence_note("timm:resnet18") is licence_note("sqnxt15_w1.0") is None
    assert "cc-by-nc-4.0, not for commercial use" in str(licence_note("timm:convnextv2_atto+fpn"))
    assert "read it" in str(licence_note("timm:fastvit_s12"))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("over", ["", "+fpn+cbam"])
def test_the_shared_weights_of_an_efficientnet_are_all_taken(shared: Path, over: str) -> None:
    name, file = f"timm:tf_efficientnet_lite0{over}", shared / "weights/tf_efficientnet_lite0.safetensors"
    network, published = create_network(name, 160), load_file(file)
    load_initial(network, name, str(file))
    own = (network.backbone if over else network.model).state_dict()
    taken = [key for key in own if key in published and torch.equal(own[key], published[key])]
    assert set(own) - set(taken) == (set() if over else {"classifier.weight", "classifier.bias"})
