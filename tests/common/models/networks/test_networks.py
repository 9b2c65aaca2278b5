import pytest
import torch
from torch import nn

from common.models.networks import NETWORKS, ClassifierNetwork, check_network_name, create_network
from common.runtime.errors import UserError

# as published, by the layers and by the tensors that are stored
PARAMETERS = {
    "sqnxt17_w0.8": 250_007,
    "sqnxt15_w1.0": 237_793,
    "sqnxt17_w1.0": 249_841,
    "sqnxt20_w1.2": 420_290,
    "simple_vit": 12_082_177,
    "plain_cnn": 421_921,  # 422,785 of six channels
}
PYRAMIDS = ("timm:resnet18+fpn", "timm:convnextv2_atto+cbam", "timm:swin_tiny_patch4_window7_224+fpn+cbam")


def on_meta(name: str, size: int = 256) -> ClassifierNetwork:
    with torch.device("meta"):
        return create_network(name, size)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_as_many_parameters_as_published(name: str) -> None:
    assert sum(value.numel() for value in on_meta(name).parameters()) == PARAMETERS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, *PYRAMIDS])
def test_a_logit_depends_on_all_parameters_which_the_stages_share_out(name: str) -> None:
    network = on_meta(name).to("meta").train()  # the positions of patches are real everywhere
    keys = list(network.state_dict())
    logits = network(torch.empty(2, 3, 256, 256, device="meta"))
    assert logits.shape == (2, 1)
    logits.sum().backward()
    assert [key for key, value in network.named_parameters() if value.grad is None] == []
    stages = network.stages()
    shared_out = [id(parameter) for stage in stages for parameter in stage.parameters()]
    assert sorted(shared_out) == sorted(id(parameter) for parameter in network.parameters())
    assert id(network.head.weight) in map(id, stages[-1].parameters()) and len(stages) >= 5
    assert list(network.state_dict()) == keys
    assert network.explanation_layer in list(network.modules())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sqnxt17_w0.8", "simple_vit"])
def test_a_network_learns_to_tell_dark_from_bright(name: str) -> None:
    torch.manual_seed(0)
    network = create_network(name, 64).train()
    labels = torch.tensor([0.0, 1.0] * 4)
    pictures = torch.rand(8, 3, 64, 64) + 2 * labels[:, None, None, None]
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    for _ in range(40):
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(network(pictures)[:, 0], labels).backward()
        optimiser.step()
    assert torch.equal(network(pictures)[:, 0] > 0, labels > 0)


def test_the_features_before_the_last_layer_are_dropped() -> None:
    for name in ("sqnxt15_w1.0", "simple_vit"):
        network = create_network(name, 32, 1.0).train()
        assert torch.equal(network(torch.rand(3, 3, 32, 32)), network.head.bias.expand(3, 1))


@pytest.mark.parametrize(("size", "choice"), [(16, "32"), (100, "a multiple of 32, such as 96 or 128")])
def test_simple_vit_names_the_sizes_that_its_patches_fill(size: int, choice: str) -> None:
    with pytest.raises(UserError, match=rf"cannot take crops of {size} pixels; choose {choice}$"):
        on_meta("simple_vit", size)


def test_simple_vit_knows_where_a_patch_is() -> None:
    torch.manual_seed(0)
    network = create_network("simple_vit", 64).eval()
    pictures = torch.zeros(2, 3, 64, 64)
    pictures[0, 0, 3, 5] = pictures[1, 0, 35, 5] = 9.0  # one spot in two patches
    with torch.inference_mode():
        upper, lower = network(pictures)
    assert not torch.isclose(upper, lower)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sqnxt17_w08", "did you mean 'sqnxt17_w0.8'"),
        ("resnet18", "choose one of sqnxt17_w0.8, .*, timm:NAME or face:NAME"),
        ("timm:resnet19+fpn", "no model 'resnet19'"),
        ("timm:resnet18+cbam+fpn", r"choose one of \+fpn, \+cbam and \+fpn\+cbam"),
        ("timm:resnet18+", "ends in '\\+'"),
    ],
)
def test_an_unknown_name_is_refused(name: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        check_network_name(name)
