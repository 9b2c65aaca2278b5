from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from common.metrics.figures import Ranking
from common.models.classifier import Classifier, classifier_input
from common.models.classifier_checkpoint import ClassifierInfo, load_classifier, save_classifier
from common.models.explain import heat_maps
from common.models.input_format import InputFormat, Normalise, default_input_format
from common.models.networks import create_network
from common.models.plane_names import PlaneName, parse_planes
from common.models.planes import PLANES, Planes, channels_of
from common.models.standing import Standing
from common.runtime.errors import UserError

FORMAT = InputFormat(size=32)
AUC = Ranking("auc", "AUC", mark="auc", better="higher")
TITAN: tuple[PlaneName, ...] = ("rgb", "spectrum", "srm")


def crops(count: int = 3, size: int = 32) -> Tensor:
    return torch.from_numpy(np.random.default_rng(5).integers(0, 256, (count, 3, size, size), np.uint8))


def planes(*names: PlaneName, of: Tensor) -> Tensor:
    made: Tensor = Planes(names, FORMAT)(of)
    assert made.dtype == torch.float32 and made.shape == (len(of), channels_of(names), *of.shape[2:])
    return made


def test_rgb_alone_is_the_normalisation_to_the_bit() -> None:
    for stated in (FORMAT, default_input_format("timm:resnet18", 32), InputFormat(colour="BGR", size=32)):
        expected = Normalise(stated)(crops())
        found = Planes(("rgb",), stated)(crops())
        assert torch.equal(found, expected) and found.stride() == expected.stride()


@pytest.mark.parametrize("size", [16, 33])
def test_a_spectrum_is_that_of_numpy(size: int) -> None:
    pictures = crops(2, size)
    amplitudes = np.abs(np.fft.rfft2(pictures.numpy() / 255.0))
    scaled = torch.from_numpy((np.log1p(amplitudes) - 3) / 3)
    expected = functional.interpolate(scaled, (size, size), mode="bilinear")
    torch.testing.assert_close(planes("spectrum", of=pictures).double(), expected, atol=1e-5, rtol=0)


def test_residuals_are_convolutions_by_the_kernels_of_steganalysis() -> None:
    laplacian = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]])
    minus = torch.tensor([[0.0, 0, 0], [0, -1, 0], [0, 0, 0]])
    kernels: dict[PlaneName, Sequence[Tensor]] = {
        "srm": [laplacian] * 3,
        "srm_published": [minus, laplacian, minus],
    }
    for name, own in kernels.items():
        kernel = torch.stack(list(own))[:, None]
        expected = 3 * functional.conv2d(crops() / 255, kernel, padding=1, groups=3)
        torch.testing.assert_close(planes(name, of=crops()), expected, atol=1e-5, rtol=0)
    assert planes("srm", of=torch.full((1, 3, 32, 32), 90.0))[:, :, 1:-1, 1:-1].abs().max() < 1e-5


def test_planes_lie_side_by_side_in_float32_whatever_autocast_does() -> None:
    found = planes(*TITAN, of=crops())
    assert found.is_contiguous(memory_format=torch.channels_last) and found.abs().max() < 13
    for place, name in enumerate(TITAN):
        assert torch.equal(found[:, 3 * place : 3 * place + 3], planes(name, of=crops()))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(planes(*TITAN, of=crops()), found)
    assert torch.equal(planes(*TITAN, of=crops().to(memory_format=torch.channels_last)), found)
    assert torch.equal(planes(*TITAN, of=crops().float()), found) and not list(
        Planes(TITAN, FORMAT).parameters()
    )


def test_names_are_put_in_order_and_unknown_ones_refused() -> None:
    assert parse_planes(["srm, rgb", "rgb"]) == ("rgb", "srm") and set(PLANES) >= set(TITAN)
    with pytest.raises(UserError, match="unknown plane 'fft'; choose of rgb, spectrum, srm"):
        parse_planes(["rgb,fft"])
    with pytest.raises(UserError, match="no planes are named"):
        parse_planes([","])


@pytest.mark.parametrize("name", ["timm:test_resnet", "timm:test_vit", "sqnxt17_w0.8", "simple_vit"])
def test_a_classifier_of_planes_is_saved_scores_and_is_explained(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    stated = classifier_input(name, 32, TITAN)
    assert stated == FORMAT  # what timm states is of RGB alone
    classifier = Classifier(name, stated, planes=TITAN).eval()
    standing = Standing(
        task="classification",
        network=name,
        run="r",
        epoch=0,
        step=0,
        validation="v",
        rankings=(AUC,),
        figures={"auc": 0.9},
    )
    info = ClassifierInfo(network=name, input_format=stated, planes=TITAN)
    save_classifier(tmp_path / "c.safetensors", classifier, info, standing)
    loaded = load_classifier(tmp_path / "c.safetensors")
    assert loaded.info.planes == TITAN
    assert torch.equal(loaded.classifier.score(crops()), classifier.score(crops()))
    assert heat_maps(classifier, crops()).shape == (3, 32, 32)
    assert ClassifierInfo(network=name, input_format=stated).planes == ("rgb",)


def test_a_pyramid_takes_planes_too() -> None:
    network = create_network("timm:test_convnext+depths1-1-2-1+cbam", 64, in_channels=9)
    assert network(torch.zeros(2, 9, 64, 64)).shape == (2, 1)
