from collections.abc import Callable

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from train.augment.augmentation import Augmentation
from train.augment.config import AugmentConfig
from train.augment.occlusion import GREY

Only = Callable[..., AugmentConfig]


def test_a_share_of_the_crops_is_covered_half_of_them_with_grey(faces: Tensor, only: Only) -> None:
    crops = torch.zeros(600, 3, 16, 16, dtype=torch.uint8)
    views = Augmentation(only(occlusion=0.4))(crops, np.arange(600)).flatten(1)
    covered = views.any(dim=1)
    assert 200 < int(covered.sum()) < 280
    grey = ((views == 0) | (views == GREY)).all(dim=1) & covered
    assert 0.4 < int(grey.sum()) / int(covered.sum()) < 0.6


@settings(max_examples=50)
@given(st.integers(1, 70), st.tuples(st.floats(0.001, 0.5), st.floats(0.001, 0.5)), st.integers(0, 2**32))
def test_a_rectangle_of_bounded_area_is_covered_and_nothing_else(
    only: Only, size: int, areas: tuple[float, float], seed: int
) -> None:
    low, high = sorted(areas)
    crops = torch.zeros(8, 3, size, size, dtype=torch.uint8)
    views = Augmentation(only(occlusion=1, occlusion_area=[low, high]))(crops, np.arange(seed, seed + 8))
    for view in views:
        changed = view.any(dim=0)
        rows, columns = changed.any(dim=1).nonzero().flatten(), changed.any(dim=0).nonzero().flatten()
        height, width = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
        area = height * width
        assert area <= max(1, high * size**2)
        inside = view[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        is_grey = bool((inside == GREY).all())
        assert is_grey or inside.unique().numel() > min(150, area) * 0.5


def test_rectangles_lie_everywhere_and_take_the_range(only: Only) -> None:
    crops = torch.zeros(1500, 3, 112, 112, dtype=torch.uint8)
    views = Augmentation(only(occlusion=1, occlusion_area=[0.05, 0.2]))(crops, np.arange(1500))
    changed = views.any(dim=1)
    assert bool(changed.any(dim=0).any(dim=0).all()) and bool(changed.any(dim=0).any(dim=1).all())
    areas = changed.double().mean(dim=(1, 2))
    assert 0.045 < float(areas.min()) < 0.055 and 0.19 < float(areas.max()) <= 0.2


def test_the_rest_of_the_face_is_left(faces: Tensor, seeds: NDArray[np.uint64], only: Only) -> None:
    views = Augmentation(only(occlusion=1, occlusion_area=[0.1, 0.1]))(faces, seeds)
    left = (views == faces).all(dim=1).double().mean(dim=(1, 2))
    assert float(left.min()) > 0.89 and float(left.max()) < 0.92
