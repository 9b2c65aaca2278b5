import pytest
import torch

from common.models.networks import create_network
from common.models.networks.cbam import Cbam
from common.runtime.errors import UserError


def test_an_efficientnet_b3_gives_the_published_maps() -> None:
    with torch.device("meta"):
        network = create_network("timm:efficientnet_b3+fpn+cbam", 256, 0.3)
    assert network.backbone.feature_info.channels() == [32, 48, 136, 384]
    maps = network.backbone(torch.empty(1, 3, 256, 256, device="meta"))
    assert [features.shape[-1] for features in maps] == [64, 32, 16, 8]
    assert sum(value.numel() for value in network.parameters()) == 12_652_473
    assert network.head.in_features == 1024 and network.dropout.p == 0.3
    assert network.cbam[0].channel_gate.fc1.weight.shape[:2] == (16, 256)


def test_attention_is_that_of_timm() -> None:
    from timm.layers.cbam import CbamModule

    torch.manual_seed(0)
    ours, theirs = Cbam(32).eval(), CbamModule(32).eval()
    names = {"channel.fc1.weight": "channel_gate.fc1.weight", "channel.fc2.weight": "channel_gate.fc2.weight"}
    names["spatial.conv.conv.weight"] = "spatial_gate.conv.weight"
    state = theirs.state_dict()
    ours.load_state_dict({ours_name: state[name] for name, ours_name in names.items()}, strict=False)
    features = torch.randn(2, 32, 9, 9)
    with torch.inference_mode():
        assert torch.allclose(ours(features), theirs(features), atol=1e-6)


def test_the_maps_have_their_channels_first_whatever_timm_has() -> None:
    with torch.device("meta"):
        network = create_network("timm:mambaout_femto+cbam", 64)
        logits = network(torch.empty(3, 3, 64, 64))
    assert logits.shape == (3, 1)
    assert [gate.channel_gate.fc1.in_channels for gate in network.cbam] == [48, 96, 192, 288]


def test_a_network_without_maps_of_four_resolutions_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"vit_tiny_patch16_224 has no maps of strides 4, .* of 16, 16, 16; choose"
    ):
        create_network("timm:vit_tiny_patch16_224+fpn", 224)
