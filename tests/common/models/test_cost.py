import pytest
import torch
from torch import nn

from common.models.cost import Cost, kept_bytes, measure_cost
from common.models.networks import create_network


def test_the_cost_of_two_layers_is_what_a_hand_counts() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(8 * 16, 1)
    ).eval()
    convolution, linear = 8 * 3 * 9, 8 * 16
    assert measure_cost(network, 4) == Cost(
        parameters=(convolution + 8) + (linear + 1),
        parameter_bytes=4 * (convolution + 8 + linear + 1),
        mult_adds=16 * convolution + linear,
        activation_bytes=4 * (8 * 16 + 8 * 16 + 1),
    )
    assert not network[0]._forward_hooks


@pytest.mark.slow
def test_a_resnet_18_costs_what_is_known_of_it() -> None:
    import timm

    cost = measure_cost(timm.create_model("resnet18").eval(), 224)
    assert cost.parameters == 11_689_512
    assert cost.mult_adds == pytest.approx(1.82e9, rel=0.01)
    # torchinfo tells 39.75 MB: the outputs of convolutions and BN twice, without the pooling's
    assert cost.activation_bytes == pytest.approx(39.75e6 / 2 + 4 * 64 * 56 * 56, rel=0.001)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sqnxt17_w0.8", "simple_vit", "timm:test_vit", "timm:test_resnet+fpn+cbam"])
def test_a_crop_four_times_as_large_costs_about_four_times_as_much(name: str) -> None:
    torch.manual_seed(0)
    small, large = (measure_cost(create_network(name, size).eval(), size) for size in (128, 256))
    assert small.parameters == large.parameters or name == "timm:test_vit"
    assert 3.5 < large.mult_adds / small.mult_adds < 6  # attention grows with the square of the tokens
    assert 3.5 < large.activation_bytes / small.activation_bytes < 5


def test_the_attention_of_a_transformer_is_counted() -> None:
    from common.models.networks.simple_vit import DEPTH, HEAD_WIDTH, HEADS

    network, tokens = create_network("simple_vit", 256).eval(), 64
    weights = sum(value.numel() for name, value in network.named_parameters() if value.ndim == 2)
    head = network.head.weight.numel()
    attention = DEPTH * 2 * HEADS * tokens * tokens * HEAD_WIDTH
    assert measure_cost(network, 256).mult_adds == tokens * (weights - head) + head + attention


def test_what_is_kept_for_the_way_back_is_what_a_hand_counts() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 1)
    ).eval()
    torch.manual_seed(3)
    before, state = network.state_dict()["1.running_mean"].clone(), torch.get_rng_state()
    picture, of_maps = 4 * 5 * 3 * 16, 4 * 5 * 8 * 16
    crops = torch.empty(5, 3, 4, 4, device="meta")
    # the picture, what goes into the normalisation, and what the ReLU gives, which the last layer takes
    assert kept_bytes(network, crops) == pytest.approx(picture + 2 * of_maps, abs=2 * 4 * 8)
    assert kept_bytes(network, crops, frozen=[network[0], network[1]]) == of_maps
    with torch.autocast("cpu", torch.bfloat16):
        assert kept_bytes(network, crops) < 0.7 * (picture + 2 * of_maps) + 2 * 128 * 8
    assert not network.training and torch.equal(network.state_dict()["1.running_mean"], before)
    assert torch.equal(torch.get_rng_state(), state)
