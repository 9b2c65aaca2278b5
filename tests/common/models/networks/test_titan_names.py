"""TitanNet, a ConvNeXt V2 of nine planes with other depths, as published."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from common.models.networks import check_network_name, create_network
from common.models.networks.initial_weights import load_initial
from common.models.networks.timm_name import split_name
from common.models.networks.titan_names import from_titan, has_titan_names, to_titan
from common.runtime.errors import UserError

SMALL = "timm:convnextv2_tiny+depths1-1-1-1"


def published(depths: tuple[int, ...], widths: tuple[int, ...], channels: int) -> dict[str, Tensor]:
    """A trunk of the published layers, by its own names: random, or hollow on the meta device."""
    shapes: dict[str, tuple[int, ...]] = {}
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        narrow, kernel = (channels, 4) if not stage else (widths[stage - 1], 2)
        norm, convolution = (1, 0) if not stage else (0, 1)
        shapes[f"downsamples.{stage}.{convolution}.weight"] = (width, narrow, kernel, kernel)
        shapes[f"downsamples.{stage}.{convolution}.bias"] = (width,)
        for part in ("weight", "bias"):
            shapes[f"downsamples.{stage}.{norm}.{part}"] = (width if not stage else narrow,)
        for block in range(depth):
            layers = {
                "dwconv.weight": (width, 1, 7, 7), "dwconv.bias": (width,), "norm.weight": (width,),
                "norm.bias": (width,), "pwconv1.weight": (4 * width, width), "pwconv1.bias": (4 * width,),
                "grn.gamma": (1, 1, 1, 4 * width), "grn.beta": (1, 1, 1, 4 * width),
                "pwconv2.weight": (width, 4 * width), "pwconv2.bias": (width,),
            }  # fmt: skip
            shapes |= {f"stages.{stage}.{block}.{name}": shape for name, shape in layers.items()}
    shapes |= {"norm.weight": (widths[-1],), "norm.bias": (widths[-1],)}
    return {name: torch.randn(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(("depths", "parameters"), [((3, 3, 12, 3), 31_489_536), ((3, 3, 9, 3), 27_875_712)])
def test_it_is_timms_network_by_another_name(depths: tuple[int, ...], parameters: int) -> None:
    import timm

    with torch.device("meta"):
        network: Any = timm.create_model("convnextv2_tiny", in_chans=9, depths=depths, num_classes=0)
        state = published(depths, (96, 192, 384, 768), 9)
    assert sum(tensor.numel() for tensor in state.values()) == parameters
    assert {name: tensor.shape for name, tensor in from_titan(state).items()} == {
        name: tensor.shape for name, tensor in network.state_dict().items()
    }
    back = to_titan(network.state_dict())
    assert {name: tensor.shape for name, tensor in back.items()} == {
        name: tensor.shape for name, tensor in state.items()
    }
    own = create_network_on_meta(f"timm:convnextv2_tiny+depths{'-'.join(map(str, depths))}")
    assert sum(each.numel() for each in own.parameters()) == parameters + 768 + 1  # the logit


def create_network_on_meta(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return create_network(name, 64, in_channels=9)


def test_values_go_there_and_back() -> None:
    torch.manual_seed(3)
    state = published((1, 1, 2, 1), (8, 16, 24, 32), 9) | {"head.weight": torch.randn(1, 32)}
    back = to_titan(from_titan(state))
    assert back.keys() == state.keys() and all(torch.equal(back[name], state[name]) for name in state)
    assert has_titan_names(state) and not has_titan_names(from_titan(state))


@pytest.mark.slow
@pytest.mark.parametrize("with_head", [False, True])
def test_a_classifier_starts_from_a_published_file(tmp_path: Path, with_head: bool) -> None:
    torch.manual_seed(3)
    state = published((1, 1, 1, 1), (96, 192, 384, 768), 9)
    if with_head:
        state |= {"head.weight": torch.randn(1, 768), "head.bias": torch.randn(1)}
    save_file(state, tmp_path / "titan.safetensors")
    network: Any = create_network(SMALL, 32, in_channels=9)
    head = network.model.head.fc.weight.detach().clone()
    told = load_initial(network, SMALL, str(tmp_path / "titan.safetensors"))
    assert ("its layer of 1 classes is left out" in told) == with_head
    own = to_titan(network.model.state_dict())
    assert all(torch.equal(own[name], state[name]) for name in state if not name.startswith("head."))
    assert torch.equal(network.model.head.fc.weight, head)


@pytest.mark.slow
def test_weights_of_other_channels_and_depths_are_refused(tmp_path: Path) -> None:
    import timm

    state: Any = timm.create_model("test_convnext").state_dict()
    save_file(state, tmp_path / "rgb.safetensors")
    nine = create_network("timm:test_convnext", 32, in_channels=9)
    with pytest.raises(UserError, match=r"stem.0.weight is \(\d+, 3, .*should be \(\d+, 9, "):
        load_initial(nine, "timm:test_convnext", str(tmp_path / "rgb.safetensors"))
    name = "timm:test_convnext+depths1-1-1-1"
    with pytest.raises(UserError, match="does not fit timm:test_convnext"):
        load_initial(create_network(name, 32), name, str(tmp_path / "rgb.safetensors"))
    with pytest.raises(UserError, match=r"for its own depths; leave --pretrained out, or \+depths out"):
        load_initial(create_network(name, 32), name, "timm")


def test_depths_are_part_of_a_name() -> None:
    assert split_name("a.b+depths3-3-12-3+fpn") == ("a.b", (3, 3, 12, 3), True, False)
    assert split_name("a+cbam") == ("a", (), False, True)
    check_network_name("timm:convnextv2_atto+depths1-1-2-1")
    for name, told in {
        "resnet18+depths2-2": r"timm:resnet18 takes no depths; leave \+depths2-2 out",
        "convnextv2_atto+depths2-2": "timm:convnextv2_atto has 4 stages; name the blocks of each",
        "convnextv2_atto+depths2-2-2-2-2": "timm:convnextv2_atto has 4 stages; name the blocks of each",
        "convnextv2_atto+depths0-1": r"ends in '\+depths0-1'",
        "convnextv2_atto+depths999": r"ends in '\+depths999'",
        "convnextv2_atto+fpn+depths2-2": r"ends in '\+fpn\+depths2-2'; choose one of \+fpn",
    }.items():
        with pytest.raises(UserError, match=told):
            check_network_name(f"timm:{name}")
