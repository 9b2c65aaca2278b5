import numpy as np
import pytest
import torch
from torch import Tensor

from common.models.classifier import Classifier, classifier_input
from common.models.explain import heat_maps, overlay
from common.runtime.errors import UserError

SIZE = 128


def classifier_of(name: str) -> Classifier:
    torch.manual_seed(0)
    return Classifier(name, classifier_input(name, SIZE))


def noise(count: int) -> Tensor:
    return torch.randint(60, 190, (count, 3, SIZE, SIZE), generator=torch.Generator().manual_seed(1))


def in_the_corner(heat: Tensor) -> Tensor:
    """The share of all heat that lies in the upper left quarters."""
    return heat[:, : SIZE // 2, : SIZE // 2].sum() / heat.sum()


def rest_on_the_difference(classifier: Classifier, marked: Tensor, plain: Tensor) -> None:
    """Let the last layer ask for what marked crops have and plain ones lack."""
    network = classifier.network
    head = network.head if hasattr(network, "head") else network.model.get_classifier()
    seen: list[Tensor] = []
    handle = head.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].mean(0)))
    with torch.no_grad():
        classifier(marked), classifier(plain)
        handle.remove()
        asked = seen[0] - seen[1]
        asked -= (asked @ seen[1]) / (seen[1] @ seen[1]) * seen[1]
        head.weight.copy_(asked[None])


@pytest.mark.parametrize(
    "name", ["sqnxt15_w1.0", "simple_vit", "timm:test_vit", "timm:test_resnet", "timm:test_resnet+fpn"]
)
def test_the_heat_is_where_the_decision_rests(name: str) -> None:
    classifier, plain = classifier_of(name).eval(), torch.full((4, 3, SIZE, SIZE), 127)
    marked = plain.clone()
    marked[:, :, :40, :40] = noise(4)[:, :, :40, :40]
    rest_on_the_difference(classifier, marked, plain)
    heat = heat_maps(classifier, marked.to(torch.uint8))
    assert heat.shape == (4, SIZE, SIZE) and heat.dtype == torch.float32
    assert heat.amin() == 0 and heat.amax() == 1
    assert in_the_corner(heat) > 0.5


@pytest.mark.parametrize("name", ["timm:test_resnet+fpn+cbam", "timm:test_resnet+cbam"])
def test_the_gates_of_cbam_are_the_heat_of_a_network_that_has_them(name: str) -> None:
    classifier = classifier_of(name).eval()
    for gate in classifier.network.explanation_gates:
        torch.nn.init.constant_(gate.conv.weight, 0.1)  # it passes what is strong
    crops = torch.full((2, 3, SIZE, SIZE), 118)
    crops[:, :, :48, :48] = noise(2)[:, :, :48, :48] * 4
    with torch.inference_mode():
        heat = heat_maps(classifier, crops)
    assert in_the_corner(heat) > 0.35 and heat.amax() == 1


def test_an_explanation_changes_nothing_and_needs_no_weight_that_learns() -> None:
    classifier = classifier_of("timm:test_resnet").eval().requires_grad_(False)
    crops = noise(BATCHES := 17)
    with torch.inference_mode():
        before, heat = classifier(crops), heat_maps(classifier, crops)
        assert torch.equal(before, classifier(crops))
    assert len(heat) == BATCHES and torch.allclose(heat[16:], heat_maps(classifier, crops[16:]), atol=1e-4)
    assert not any(parameter.requires_grad for parameter in classifier.parameters())
    assert heat_maps(classifier, crops[:0]).shape == (0, SIZE, SIZE)


def test_a_network_whose_logit_does_not_rest_on_places_is_named() -> None:
    with pytest.raises(UserError, match=r"timm:crossvit_9_240 has no heat maps"):
        heat_maps(classifier_of("timm:crossvit_9_240").eval(), noise(1))


def test_an_overlay_leaves_cold_places_as_they_are() -> None:
    crop = noise(1)[0].permute(1, 2, 0).numpy().astype(np.uint8)
    heat = np.zeros((SIZE, SIZE), np.float32)
    heat[:10, :10] = 1
    drawn = overlay(crop, heat)
    assert drawn.dtype == np.uint8 and np.array_equal(drawn[10:], crop[10:])
    red, _, blue = drawn[:10, :10].reshape(-1, 3).mean(0)
    assert red > 190 and red > blue + 30
