import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from train.augment.draws import Draw, Draws


@pytest.fixture(scope="module")
def many() -> Draws:
    """The draws of consecutive seeds, the hardest for a hash."""
    return Draws(np.arange(20_000))


def words_of(values: NDArray[np.float64]) -> list[int]:
    """The 53 bits behind the numbers."""
    return [int(value * 2**53) for value in values]


def test_the_numbers_of_seed_0_are_the_published_ones_of_splitmix64() -> None:
    draws = Draws(np.zeros(1, np.uint64))
    found = [draws.uniform(Draw(number))[0] for number in range(3)]
    assert words_of(np.array(found)) == [
        word >> 11 for word in (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
    ]


def test_every_draw_is_even_and_independent_of_the_others_and_of_the_next_seed(many: Draws) -> None:
    table = np.stack([many.uniform(draw) for draw in Draw], axis=1)
    assert table.min() >= 0 and table.max() < 1
    for column in table.T:
        counts = np.bincount((column * 20).astype(int), minlength=20)
        assert np.sum((counts - 1000) ** 2 / 1000) < 45  # chi², 19 degrees of freedom: p = 0.0007
    together = np.concatenate([table[:-1], table[1:]], axis=1)
    correlation = np.corrcoef(together.T) - np.eye(together.shape[1])
    assert np.abs(correlation).max() < 0.035  # 5 standard deviations


def test_ranges(many: Draws) -> None:
    factors = many.change(Draw.CONTRAST, 0.2)
    assert 0.8 <= factors.min() < 0.801 and 1.199 < factors.max() < 1.2
    whole = many.integer(Draw.DOWN, -4, 4)
    assert whole.dtype == np.int64
    assert np.unique(whole).tolist() == list(range(-4, 5)) and np.bincount(whole + 4).min() > 2000
    highest = np.arange(20_000) % 3
    assert np.all(many.integer(Draw.RIGHT, 0, highest) <= highest)
    assert not many.happens(Draw.MIRROR, 0).any() and many.happens(Draw.MIRROR, 1).all()
    assert abs(many.happens(Draw.MIRROR, 0.3).mean() - 0.3) < 0.01


def test_noise_is_even_and_of_the_sample(many: Draws) -> None:
    noise = many.noise(5, 99_999)
    assert noise.shape == (99_999,) and noise.dtype == np.uint8
    counts = np.bincount(noise, minlength=256)
    assert np.sum((counts - 99_999 / 256) ** 2 / (99_999 / 256)) < 340  # chi², p = 0.0003
    assert np.array_equal(many.noise(5, 100), noise[:100])
    assert not np.array_equal(many.noise(6, 100), noise[:100])


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=9))
def test_numbers_depend_on_the_bits_of_their_seed_alone(seeds: list[int]) -> None:
    together = Draws(np.array(seeds, np.int64))
    for row, seed in enumerate(seeds):
        alone = Draws(np.array([seed % 2**64], np.uint64))
        assert all(alone.uniform(draw)[0] == together.uniform(draw)[row] for draw in Draw)
        assert np.array_equal(alone.noise(0, 9), together.noise(row, 9))
