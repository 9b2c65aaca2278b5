from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.augment.augmentation import Augmentation
from train.augment.config import AugmentConfig
from train.augment.lighting import LUMA

Only = Callable[..., AugmentConfig]


@pytest.fixture(scope="module")
def muted(faces: Tensor) -> Tensor:
    """Faces with room at both ends of the range, so that nothing is cut off."""
    return (faces.float() * 0.4 + 70).to(torch.uint8)


def luma(images: Tensor) -> Tensor:
    return (images.double() * torch.tensor(LUMA, dtype=torch.float64).view(3, 1, 1)).sum(dim=-3)


def slopes(before: Tensor, after: Tensor) -> Tensor:
    """(N, 3): the factor of each channel, where values are multiplied and nothing else."""
    x, y = before.double().flatten(2), after.double().flatten(2)
    lowest, highest = ((y - 0.501) / x).amax(dim=2), ((y + 0.501) / x).amin(dim=2)  # for all after rounding
    assert bool((lowest <= highest).all())
    return (lowest + highest) / 2


def test_contrast_keeps_the_mean_of_the_crop(muted: Tensor, seeds: NDArray[np.uint64], only: Only) -> None:
    views = Augmentation(only(contrast=0.2))(muted, seeds).double()
    before = muted.double()
    assert float((views.mean(dim=(1, 2, 3)) - before.mean(dim=(1, 2, 3))).abs().max()) < 0.1
    change = views.std(dim=(1, 2, 3)) / before.std(dim=(1, 2, 3)) - 1
    assert -0.201 < float(change.min()) < -0.15 and 0.15 < float(change.max()) < 0.201


def test_brightness_multiplies_all_channels_alike(
    muted: Tensor, seeds: NDArray[np.uint64], only: Only
) -> None:
    factors = slopes(muted, Augmentation(only(brightness=0.2))(muted, seeds))
    assert float((factors - factors[:, :1]).abs().max()) < 1e-3
    assert 0.799 < float(factors.min()) < 0.85 and 1.15 < float(factors.max()) < 1.201


def test_colour_multiplies_each_channel_for_itself(
    muted: Tensor, seeds: NDArray[np.uint64], only: Only
) -> None:
    factors = slopes(muted, Augmentation(only(colour=0.08))(muted, seeds)).numpy()
    assert 0.919 < factors.min() < 0.93 and 1.07 < factors.max() < 1.081
    assert np.abs(np.corrcoef(factors.T) - np.eye(3)).max() < 0.4


def test_saturation_keeps_the_luma(muted: Tensor, seeds: NDArray[np.uint64], only: Only) -> None:
    views = Augmentation(only(saturation=0.5))(muted, seeds)
    assert float((luma(views) - luma(muted)).abs().max()) < 0.51
    before, after = (
        (image.double() - luma(image)[:, None]).flatten(1).norm(dim=1) for image in (muted, views)
    )
    change = after / before - 1
    assert -0.51 < float(change.min()) < -0.4 and 0.4 < float(change.max()) < 0.51
    even = muted[:, :1].expand(muted.shape)
    assert torch.equal(Augmentation(only(saturation=0.5))(even, seeds), even)


def test_grey_is_the_luma_in_all_channels(faces: Tensor, seeds: NDArray[np.uint64], only: Only) -> None:
    views = Augmentation(only(grey=0.5))(faces, seeds)
    grey = (views == views[:, :1]).flatten(1).all(dim=1)
    assert 14 < int(grey.sum()) < 34
    assert torch.equal(views[~grey], faces[~grey])
    assert float((views[grey, 0].double() - luma(faces[grey])).abs().max()) < 0.51


def test_grey_stays_grey_in_coloured_light(faces: Tensor, seeds: NDArray[np.uint64], only: Only) -> None:
    views = Augmentation(only(grey=1, contrast=0.2, brightness=0.2, colour=0.5, saturation=0.5))(faces, seeds)
    assert torch.equal(views, views[:, :1].expand(views.shape))


def test_values_are_kept_within_range(seeds: NDArray[np.uint64], only: Only) -> None:
    extremes = torch.tensor([0, 255], dtype=torch.uint8).repeat(48, 3, 8, 4)
    views = Augmentation(only(contrast=0.9, brightness=0.9))(extremes, seeds)
    dark, bright = views[..., ::2].double(), views[..., 1::2].double()
    assert bool((dark <= bright).all()) and int(dark.min()) == 0 and int(bright.max()) == 255
