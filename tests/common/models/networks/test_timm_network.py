import pytest
import torch

from common.models.networks import ClassifierNetwork, check_network_name, create_network
from common.runtime.errors import UserError

CONVOLUTIONAL = ("resnet18", "convnextv2_atto", "mobilenetv2_100", "tf_efficientnet_lite0", "inception_v3")
TRANSFORMERS = ("vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "swin_tiny_patch4_window7_224")


def on_meta(name: str, size: int = 128, dropout: float = 0.0) -> ClassifierNetwork:
    with torch.device("meta"):
        return create_network(f"timm:{name}", size, dropout)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONVOLUTIONAL + TRANSFORMERS)
def test_every_kind_of_network_gives_one_logit_that_all_its_parameters_count_in(name: str) -> None:
    network = on_meta(name, dropout=0.2).train()
    logits = network(torch.empty(2, 3, 128, 128, device="meta"))
    assert logits.shape == (2, 1)
    logits.sum().backward()
    # needed where several GPUs average gradients
    assert [key for key, value in network.named_parameters() if value.grad is None] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CONVOLUTIONAL + TRANSFORMERS)
def test_stages_share_out_all_parameters_and_end_with_the_head(name: str) -> None:
    network = on_meta(name)
    stages = network.stages()
    shared_out = [id(parameter) for stage in stages for parameter in stage.parameters()]
    assert sorted(shared_out) == sorted(id(parameter) for parameter in network.parameters())
    *_, (name_of_last, last) = network.model.named_parameters()
    assert "head" in name_of_last or "fc" in name_of_last or "classifier" in name_of_last
    assert id(last) in map(id, stages[-1].parameters()) and len(stages) >= 5


def test_the_parameters_are_those_of_the_published_network_and_of_one_logit() -> None:
    parameters = sum(value.numel() for value in on_meta("resnet18").parameters())
    assert parameters == 11_689_512 - 513_000 + 513


def test_a_size_the_network_cannot_take_is_refused_with_some_that_it_can() -> None:
    with pytest.raises(UserError, match=r"hiera_tiny_224 does not take crops of 112 .* 96 or 128 or 224"):
        on_meta("hiera_tiny_224", 112)


@pytest.mark.parametrize("size", [-1, 15, 1025])
def test_an_absurd_size_is_refused(size: int) -> None:
    with pytest.raises(UserError, match=rf"{size} pixels; choose from 16 to 1024"):
        on_meta("resnet18", size)


def test_near_names_are_offered() -> None:
    with pytest.raises(UserError, match=r"no model 'resnet19'; try .*timm:resnet18"):
        check_network_name("timm:resnet19")


@pytest.mark.parametrize(
    "name", ["timm:tf_efficientnet_lite0", "timm:resnet18", "timm:deit_tiny_distilled_patch16_224"]
)
def test_a_new_network_is_undecided(name: str) -> None:
    torch.manual_seed(0)
    logits = create_network(name, 64)(torch.randn(8, 3, 64, 64))
    assert logits.abs().max() < 1.5
