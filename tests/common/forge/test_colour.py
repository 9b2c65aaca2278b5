import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.chance import Chance
from common.forge.colour import is_grey, recoloured

Crop = np.ndarray


def grey(image: Crop) -> np.ndarray:
    return np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).round().astype(np.float32)


def test_grey_photographs_are_told_from_colour_ones(crops: list[Crop]) -> None:
    rng = np.random.default_rng(0)
    for crop in crops:
        assert not is_grey(crop.astype(np.float32))
        assert is_grey(grey(crop))
        assert is_grey(grey(crop) + rng.integers(-1, 2, crop.shape).astype(np.float32))  # of a colour JPEG


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([8, 33, 112]), st.sampled_from([0.5, 1.0, 2.0]))
def test_grey_stays_grey_and_values_within_range(seed: int, size: int, strength: float) -> None:
    picture = np.repeat(np.random.default_rng(seed).uniform(0, 255, (size, size, 1)), 3, axis=2)
    before = picture.astype(np.float32)
    other = recoloured(before, Chance(seed), strength)
    np.testing.assert_array_equal(other[..., 0], other[..., 1])
    np.testing.assert_array_equal(other[..., 0], other[..., 2])
    assert other.min() >= 0 and other.max() <= 255 and other.dtype == np.float32


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_colours_stay_within_range_and_black_stays_black(seed: int) -> None:
    before = np.random.default_rng(seed).uniform(0, 255, (16, 16, 3)).astype(np.float32)
    before[:4] = 0
    kept = before.copy()
    other = recoloured(before, Chance(seed))
    assert other.shape == before.shape and other.dtype == np.float32
    assert other.min() >= 0 and other.max() <= 255 and other[:4].max() == 0
    np.testing.assert_array_equal(before, kept)


def test_colours_change_visibly_but_not_garishly(crops: list[Crop]) -> None:
    for seed in range(100):
        picture = crops[seed % 6].astype(np.float32)
        for before in (picture, grey(picture)):
            apart = np.abs(recoloured(before, Chance(seed)) - before).mean()
            assert apart < 45
        assert apart > 0.5


def test_a_stronger_change_is_stronger(crops: list[Crop]) -> None:
    picture = crops[0].astype(np.float32)
    apart = [
        np.mean([np.abs(recoloured(picture, Chance(seed), strength) - picture).mean() for seed in range(30)])
        for strength in (0.5, 1.0, 2.0)
    ]
    assert apart == sorted(apart)
    assert apart[2] > 1.4 * apart[1]


def test_equal_seeds_recolour_alike(crops: list[Crop]) -> None:
    first, second = Chance(3), Chance(3)
    picture = crops[0].astype(np.float32)
    np.testing.assert_array_equal(recoloured(picture, first), recoloured(picture, second))
    assert first.drawn == second.drawn
    assert set(first.drawn) == {"red", "green", "blue", "hue", "saturation", "contrast"}
    assert pytest.approx(0) != first.drawn["red"]
