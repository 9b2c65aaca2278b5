from typing import Any

import pytest
import torch

from common.models.classifier import classifier_input
from common.models.plane_names import PlaneName
from common.models.planes import Planes
from common.runtime.errors import UserError
from train.tasks.pretraining.network import MaskedAutoencoder


def autoencoder(name: str, size: int = 64, planes: tuple[PlaneName, ...] = ("rgb",), **how: Any) -> Any:
    torch.manual_seed(0)
    return MaskedAutoencoder(name, classifier_input(name, size, planes), planes, **how).eval()


def crops(size: int = 64) -> torch.Tensor:
    return torch.randint(
        0, 256, (2, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def masks(*places: tuple[int, int]) -> torch.Tensor:
    found = torch.zeros(2, 4, 4, dtype=torch.bool)
    for row, column in places:
        found[:, row, column] = True
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["timm:test_convnext", "timm:test_resnet", "timm:test_vit", "timm:test_vit2"]
)
def test_every_pixel_of_every_place_has_a_gradient_and_no_weight_waits_for_one(name: str) -> None:
    network = autoencoder(name, planes=("rgb", "spectrum"))
    assert network.reconstruct(crops(), masks()).shape == (2, 3, 64, 64)
    sums = network(crops(), masks((0, 0), (3, 1)))
    assert sums[:, 1].tolist() == [512, 512]
    (sums[:, 0].sum() / sums[:, 1].sum()).backward()
    for key, parameter in network.named_parameters():
        assert parameter.requires_grad == (parameter.grad is not None), key


@pytest.mark.slow
def test_the_loss_is_the_mean_difference_of_the_masked_pixels_alone() -> None:
    network = autoencoder("timm:test_convnext")
    hidden = masks((1, 2))
    with torch.no_grad():
        wrong = (network.reconstruct(crops(), hidden) - network.target(crops())).abs()[:, :, 16:32, 32:48]
        total, count = network(crops(), hidden).T
    torch.testing.assert_close(total / count, wrong.mean((1, 2, 3)))


@pytest.mark.slow
def test_the_sums_of_a_batch_are_those_of_its_parts() -> None:
    """Which is why a run does not depend on the number of its processes."""
    network, hidden = autoencoder("timm:test_convnext"), masks((0, 3), (2, 2))
    with torch.no_grad():
        whole = network(crops(), hidden)
        parts = [network(crops()[own], hidden[own]) for own in (slice(0, 1), slice(1, 2))]
    torch.testing.assert_close(torch.cat(parts), whole)


@pytest.mark.slow
@pytest.mark.parametrize("mask_before", [True, False])
def test_what_is_masked_reaches_the_network_through_the_spectrum_only_as_published(mask_before: bool) -> None:
    network = autoencoder("timm:test_convnext", planes=("rgb", "spectrum", "srm"), mask_before=mask_before)
    other, hidden = crops().clone(), masks((0, 0), (2, 3))
    other[:, :, :16, :16] = 255 - other[:, :, :16, :16]
    other[:, :, 32:48, 48:] = 7
    with torch.no_grad():
        same = torch.equal(network.reconstruct(crops(), hidden), network.reconstruct(other, hidden))
    assert same == mask_before


def test_masked_places_are_zero_once_the_colours_are_normalised() -> None:
    network = autoencoder("timm:test_convnext", planes=("rgb", "srm"))
    seen: list[torch.Tensor] = []
    network.trunk.forward_features = lambda planes: seen.append(planes) or torch.zeros(2, 64, 2, 2)
    network.decoder = torch.nn.Identity()
    network.reconstruct(crops(), masks((0, 0)))
    assert not seen[0][:, :3, :16, :16].any()
    assert not seen[0][:, 3:, 1:15, 1:15].any() and seen[0][:, 3:, 16:].any()
    torch.testing.assert_close(
        seen[0][:, :3, 16:], Planes(("rgb",), network.input_format)(crops())[:, :, 16:]
    )


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("timm:test_convnext", 80, "choose --size 64 or 96"),
        ("timm:test_resnet", 80, "choose --size 64 or 96"),
        ("timm:crossvit_9_240", 240, "its features have no places"),
    ],
)
def test_networks_and_sizes_without_a_map_that_fills_the_crop_are_refused(
    name: str, size: int, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        autoencoder(name, size)
