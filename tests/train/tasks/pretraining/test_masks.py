import numpy as np
import pytest

from train.tasks.pretraining.masks import Masking

SEEDS = np.random.SeedSequence(3).generate_state(2000, np.uint64)


@pytest.mark.parametrize(("side", "ratio", "count"), [(7, 0.6, 30), (5, 0.6, 15), (2, 0.1, 1), (4, 0.5, 8)])
def test_an_exact_mask_has_its_share_of_the_places_rounded_up(side: int, ratio: float, count: int) -> None:
    masks = Masking(side, ratio)(SEEDS[:50])
    assert masks.shape == (50, side, side) and (masks.sum((1, 2)) == count).all()


def test_each_place_is_masked_as_often_as_the_ratio_says() -> None:
    for exact in (True, False):
        shares = Masking(5, 0.4, exact)(SEEDS).mean(0)
        assert np.abs(shares - 0.4).max() < 4 * np.sqrt(0.24 / len(SEEDS)), exact
    counts = Masking(5, 0.4, exact=False)(SEEDS).sum((1, 2))
    assert abs(counts.var() - 25 * 0.24) < 1  # of independent places


def test_a_mask_depends_on_its_own_seed_alone() -> None:
    masking = Masking(6, 0.5)
    whole = masking(SEEDS[:9])
    np.testing.assert_array_equal(whole[4:7], masking(SEEDS[4:7]))
    assert not np.array_equal(whole[0], whole[1])
