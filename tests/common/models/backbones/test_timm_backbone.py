import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn

from common.models.backbones import Backbone, create_backbone
from common.runtime.errors import UserError

MAPS = (
    "resnet18",
    "resnet34",
    "convnextv2_atto",
    "mobilenetv3_small_050",
    "efficientnet_lite0",
    "ghostnet_050",
    "repvgg_a0",
    "vgg11",
    "caformer_s18",  # its stages are not grouped by timm
)
NHWC = ("swin_tiny_patch4_window7_224", "mambaout_femto")
TOKENS = ("vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "mixer_s32_224", "pit_ti_224")
UNPOOLED = ("inception_next_atto",)  # cannot be made without pooling


@cache  # several tests look at one, which has no weights to change
def on_meta(name: str, size: int = 112) -> Backbone:
    with torch.device("meta"):
        return create_backbone(f"timm:{name}", size)


@pytest.mark.slow
@pytest.mark.parametrize("name", MAPS + NHWC + TOKENS + UNPOOLED)
def test_every_kind_of_network_gives_embeddings_all_its_parameters_count_in(name: str) -> None:
    network = on_meta(name).train()
    embeddings = network(torch.empty(2, 3, 112, 112, device="meta"))
    assert embeddings.shape == (2, network.embedding_size) == (2, 512)
    embeddings.sum().backward()
    # needed where several GPUs average gradients
    assert [key for key, value in network.named_parameters() if value.grad is None] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MAPS + NHWC + TOKENS + UNPOOLED)
def test_stages_share_out_all_parameters_and_end_with_the_head(name: str) -> None:
    network = on_meta(name)
    keys = list(network.state_dict())
    stages = network.stages()
    shared_out = [id(parameter) for stage in stages for parameter in stage.parameters()]
    assert sorted(shared_out) == sorted(id(parameter) for parameter in network.parameters())
    assert all(list(stage.parameters()) for stage in stages) and len(stages) >= 5
    assert stages[-1] is network.head
    norms = {id(module) for module in network.modules() if isinstance(module, nn.BatchNorm2d)}
    assert norms <= {id(module) for stage in stages for module in stage.modules()}
    assert list(network.state_dict()) == keys


def test_stages_go_from_the_input_on() -> None:
    network = on_meta("vit_tiny_patch16_224")
    stages = network.stages()
    assert len(stages) == 14  # patches and position, twelve blocks, head
    named = dict(network.trunk.named_parameters())
    first = {id(parameter) for parameter in stages[0].parameters()}
    assert {id(named["pos_embed"]), id(named["cls_token"]), id(named["patch_embed.proj.weight"])} <= first
    last = {id(parameter) for parameter in stages[-2].parameters()}
    assert id(named["norm.weight"]) in last


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "channels", "places"),
    [
        ("resnet18", 512, 16),
        ("swin_tiny_patch4_window7_224", 768, 16),
        ("vit_tiny_patch16_224", 192, 50),  # 49 patches and the class token
        ("mobilenetv3_small_050", 288, 16),
    ],
)
def test_the_head_sees_every_place_of_the_map(name: str, channels: int, places: int) -> None:
    head = on_meta(name).head
    assert (head[0].num_features, head[3].in_features) == (channels, channels * places)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "swin_tiny_patch4_window7_224", "vit_tiny_patch16_224"])
def test_channels_are_found_whatever_the_layout(name: str) -> None:
    torch.manual_seed(0)
    network = create_backbone(f"timm:{name}", 64).eval()
    seen: list[torch.Tensor] = []
    network.head[0].register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        network(picture)
        features = network.trunk.forward_features(picture)
    channels_last = features.movedim(1, -1) if name == "resnet18" else features
    assert torch.allclose(seen[0].movedim(1, -1).flatten(), channels_last.flatten(), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050", "vit_tiny_patch16_224"])
def test_it_learns_repeats_and_survives_the_way_into_another_network(name: str) -> None:
    torch.manual_seed(0)
    one, other = create_backbone(f"timm:{name}", 64), create_backbone(f"timm:{name}", 64).eval()
    pictures = torch.rand(3, 3, 64, 64)
    one.train()(pictures).square().sum().backward()
    gradients = [value.grad for value in one.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
    with torch.inference_mode():
        expected = one.eval()(pictures)
        assert torch.equal(expected, one(pictures))
        assert not torch.equal(expected, other(pictures))
        other.load_state_dict(one.state_dict())
        assert torch.equal(expected, other(pictures))


@pytest.mark.slow
def test_fresh_weights_depend_on_the_seed_alone() -> None:
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(create_backbone("timm:mobilenetv3_small_050", 32).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert not torch.equal(states[0]["trunk.conv_stem.weight"], states[2]["trunk.conv_stem.weight"])
    assert not torch.equal(states[0]["head.3.weight"], states[2]["head.3.weight"])


@pytest.mark.slow
@pytest.mark.parametrize("size", [64, 112, 160, 224])
@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224"])
def test_sizes_a_network_allows(name: str, size: int) -> None:
    network = on_meta(name, size).eval()
    assert network(torch.empty(1, 3, size, size, device="meta")).shape == (1, 512)


@pytest.mark.slow
def test_a_size_the_network_cannot_take_is_refused_with_some_that_it_can() -> None:
    with pytest.raises(UserError, match=r"hiera_tiny_224 does not take crops of 112 .* 96 or 128 or 224"):
        on_meta("hiera_tiny_224")
    on_meta("hiera_tiny_224", 128)


def test_a_network_without_one_map_is_refused() -> None:
    with pytest.raises(UserError, match="timm:crossvit_9_240 cannot be a backbone: its features are neither"):
        on_meta("crossvit_9_240")


def test_a_tag_is_part_of_the_name() -> None:
    assert on_meta("resnet18.a1_in1k").state_dict().keys() == on_meta("resnet18").state_dict().keys()
    with pytest.raises(UserError, match=r"no weights 'resnet18.mine'; try timm:resnet18, timm:resnet18.a1"):
        on_meta("resnet18.mine")


@pytest.mark.parametrize(
    "name", ["", "resnet", "hf-hub:some/model", "hf_hub:resnet18", "local-dir:/", "../x"]
)
def test_a_name_timm_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="has no model"):
        on_meta(name)


def test_near_names_are_offered() -> None:
    with pytest.raises(UserError, match=r"try .*timm:vit_tiny_patch16_224"):
        on_meta("vit_tiny_patch16_244")


@pytest.mark.slow
def test_timm_is_imported_only_when_it_is_asked_for(
    repository: Path, process_environment: dict[str, str]
) -> None:
    code = "import sys, common.models.encoder as e; e.Encoder('ir_lite'); print('timm' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, env=process_environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr
