from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional

from train.augment.augmentation import Augmentation
from train.augment.config import AugmentConfig
from train.augment.quality import blurred

Only = Callable[..., AugmentConfig]


def detail(images: Tensor) -> Tensor:
    """(N,): the energy of the differences of neighbours."""
    values = images.double()
    return values.diff(dim=3).square().mean(dim=(1, 2, 3)) + values.diff(dim=2).square().mean(dim=(1, 2, 3))


def by_pillow(image: Tensor, quality: int) -> Tensor:
    file = BytesIO()
    Image.fromarray(image.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)


@settings(max_examples=30)
@given(st.floats(0.1, 3), st.integers(0, 2**32), st.integers(19, 40))
def test_a_blur_is_a_gaussian_s_but_for_rounding(sigma: float, seed: int, size: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    found = blurred(image, sigma)
    reach = int(np.ceil(3 * sigma))
    kernel = (2 * reach + 1, 2 * reach + 1)
    wanted = cv2.GaussianBlur(image.astype(float), kernel, sigma, borderType=cv2.BORDER_REFLECT_101)
    away = np.abs(found - wanted)  # OpenCV rounds the weights to 256ths
    assert away.max() < 4 and away.mean() < 0.8


@given(st.floats(0.1, 3), st.integers(0, 255))
def test_a_blur_keeps_an_even_image(sigma: float, value: int) -> None:
    image = np.full((12, 12, 3), value, np.uint8)
    assert np.array_equal(blurred(image, sigma), image)


@pytest.mark.parametrize("knob", ["blur", "downscale", "jpeg"])
def test_a_knob_acts_on_its_share_of_the_crops(
    knob: str, faces: Tensor, seeds: NDArray[np.uint64], only: Only
) -> None:
    never, sometimes, always = (
        (
            Augmentation(only(shift=1, **{knob: share}))(faces, seeds)
            != Augmentation(only(shift=1))(faces, seeds)
        )
        .flatten(1)
        .any(dim=1)
        .double()
        .mean()
        for share in (0, 0.4, 1)
    )
    assert never == 0 and 0.2 < sometimes < 0.6 and always == 1


@pytest.mark.parametrize(
    ("mild", "strong"),
    [
        ({"blur": 1, "blur_sigma": [0.4, 0.5]}, {"blur": 1, "blur_sigma": [1.5, 1.6]}),
        ({"downscale": 1, "downscale_to": [0.7, 0.8]}, {"downscale": 1, "downscale_to": [0.2, 0.3]}),
    ],
)
def test_the_range_tells_how_much_detail_is_left(
    mild: dict[str, object], strong: dict[str, object], faces: Tensor, seeds: NDArray[np.uint64], only: Only
) -> None:
    first, second = (Augmentation(only(**knobs))(faces, seeds) for knobs in (mild, strong))
    assert bool((detail(faces) > detail(first)).all()) and bool((detail(first) > 1.3 * detail(second)).all())
    assert float((second.double().mean() - faces.double().mean()).abs()) < 1


def test_downscaling_passes_through_a_size_of_the_range(faces: Tensor, only: Only) -> None:
    views = Augmentation(only(downscale=1, downscale_to=[0.4, 0.5]))(faces[:8], np.arange(8))
    for view, face in zip(views, faces, strict=False):
        through = [
            functional.resize(functional.resize(face, [side], antialias=True), [112], antialias=True)
            for side in range(45, 57)
        ]
        assert any(torch.equal(view, wanted) for wanted in through)


def test_compression_is_jpeg_of_a_quality_in_the_range(faces: Tensor, only: Only) -> None:
    views = Augmentation(only(jpeg=1, jpeg_quality=[55, 70]))(faces[:12], np.arange(12)).double()
    nearest = []
    for view, face in zip(views, faces, strict=False):
        away = {quality: (view - by_pillow(face, quality)).abs().mean() for quality in range(45, 81)}
        nearest.append(min(away, key=lambda quality: float(away[quality])))
        assert (
            away[nearest[-1]] < 1
        )  # encoders round differently; the compression itself changes four times that
    assert min(nearest) < 60 and max(nearest) > 65
    assert all(54 <= quality <= 71 for quality in nearest)
