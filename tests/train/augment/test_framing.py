from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from train.augment.config import AugmentConfig
from train.augment.draws import Draws
from train.augment.framing import framed

Only = Callable[..., AugmentConfig]
Ramps = Callable[[int], Tensor]


def views_of(image: Tensor, count: int, config: AugmentConfig) -> Tensor:
    return framed(image.expand(count, *image.shape), config, Draws(np.arange(count)))


@pytest.mark.parametrize(("size", "shift"), [(112, 4), (40, 9), (3, 5)])
def test_a_shift_is_by_whole_pixels_and_repeats_the_border(
    size: int, shift: int, only: Only, ramps: Ramps
) -> None:
    steps = torch.arange(size)
    seen = set()
    for view in views_of(ramps(size), 900, only(shift=shift)):
        rows, columns = view[0, :, 0].long(), view[1, 0].long()
        assert torch.equal(view[0].long(), rows[:, None].expand(size, size))
        assert torch.equal(view[1].long(), columns.expand(size, size))
        down, right = (int(line[size // 2]) - size // 2 for line in (rows, columns))
        assert torch.equal(rows, (steps + down).clamp(0, size - 1)) or shift >= size // 2
        assert torch.equal(columns, (steps + right).clamp(0, size - 1)) or shift >= size // 2
        seen.add((down, right))
    reach = min(shift, size // 2)
    downs, rights = ({offset[axis] for offset in seen} for axis in (0, 1))
    assert downs == rights == set(range(-reach, reach + 1))
    assert len(seen) > 0.8 * (2 * reach + 1) ** 2


def test_half_of_the_crops_are_mirrored_and_nothing_else_is_done(faces: Tensor, only: Only) -> None:
    image = faces[0]
    views = views_of(image, 400, only(mirror=0.5))
    mirrored = [torch.equal(view, image.flip(2)) for view in views]
    assert all(
        is_mirrored or torch.equal(view, image) for view, is_mirrored in zip(views, mirrored, strict=True)
    )
    assert 160 < sum(mirrored) < 240
    assert all(torch.equal(view, image.flip(2)) for view in views_of(image, 9, only(mirror=1)))


def test_size_changes_as_far_as_told_about_the_middle(only: Only, ramps: Ramps) -> None:
    changes = []
    for view in views_of(ramps(112), 300, only(scale=0.1)).double():
        inner = view[:, 20:92, 20:92]
        by_row, by_column = inner[0].mean(dim=1).diff().mean(), inner[1].mean(dim=0).diff().mean()
        assert abs(by_row - by_column) < 1e-6
        assert abs(inner[0].mean() - 55.5) < 1 and abs(inner[1].mean() - 55.5) < 1
        changes.append(1 / float(by_row) - 1)
    assert -0.11 < min(changes) < -0.08 and 0.08 < max(changes) < 0.11
    assert len({round(change, 2) for change in changes}) > 12


@given(
    st.integers(1, 60),
    st.floats(0, 0.5),
    st.integers(0, 32),
    st.tuples(*[st.integers(0, 255)] * 3),
)
def test_an_even_image_stays_even(
    only: Only, size: int, scale: float, shift: int, colour: tuple[int, int, int]
) -> None:
    image = torch.tensor(colour, dtype=torch.uint8)[:, None, None].expand(3, size, size)
    assert torch.equal(
        views_of(image, 3, only(scale=scale, shift=shift, mirror=0.5)), image.expand(3, *image.shape)
    )
