import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.runtime.errors import UserError
from train.data.batches import ForgingPlan
from train.data.class_sampler import ClassSampler


def sampler_of(
    bona_fide: int, synthetic: int, size: int, forge: float = 0, **changes: object
) -> ClassSampler:
    flags = np.repeat([False, True], [bona_fide, synthetic])
    forging = ForgingPlan(forge, ~flags) if forge else None
    options = {"balanced": True, "seed": 3} | changes
    return ClassSampler(flags, np.arange(len(flags)), size=size, forging=forging, **options)  # type: ignore[arg-type]


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([2, 7, 16]), st.booleans())
def test_batches_have_both_classes_and_every_crop_once_before_any_again(
    bona_fide: int, synthetic: int, size: int, balanced: bool
) -> None:
    try:
        sampler = sampler_of(bona_fide, synthetic, size, balanced=balanced)
    except UserError as error:
        assert not balanced and "would hold" in str(error), "one class is too rare for a batch"
        return
    sampler.epoch = 1
    plans = list(sampler)
    assert len(plans) == len(sampler)
    for own, first in ((range(bona_fide), 0), (range(bona_fide, bona_fide + synthetic), bona_fide)):
        drawn = [row for plan in plans for row in plan.rows if row in own]
        counts = np.bincount(np.array(drawn) - first, minlength=len(own))
        assert counts.max() - counts.min() <= 1
    share = [int((plan.rows >= bona_fide).sum()) for plan in plans]
    assert set(share) == {size // 2} if balanced else len(set(share)) == 1


def test_forgeries_stand_beside_the_crops_they_are_made_of() -> None:
    (plan, *_) = sampler_of(20, 0, 8, forge=0.5)
    assert plan.forged.tolist() == [False] * 4 + [True] * 4
    assert sorted(plan.rows[:4]) == sorted(plan.rows[4:]), "a forgery of each"
    assert len(set(plan.seeds.tolist())) == 8
    (mixed, *_) = sampler_of(20, 20, 8, forge=0.25)
    assert mixed.forged.sum() == 2 and (mixed.rows >= 20).sum() == 2, "half of a batch is synthetic"
    assert set(mixed.rows[mixed.forged]) <= set(mixed.rows[:4])


def test_forgeries_may_leave_no_place_for_synthetic_crops() -> None:
    assert sampler_of(20, 10, 8, forge=0.5).leaves_synthetic_out
    assert not sampler_of(20, 10, 8, forge=0.25).leaves_synthetic_out
    assert not sampler_of(20, 0, 8, forge=0.5).leaves_synthetic_out


def test_an_epoch_that_goes_on_is_the_rest_of_the_whole_one() -> None:
    whole, part = (sampler_of(30, 10, 6, forge=0.2) for _ in range(2))
    whole.epoch = part.epoch = 2
    part.first_batch = 3
    for one, other in zip(list(whole)[3:], part, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_weight_is_that_of_what_a_batch_holds() -> None:
    assert sampler_of(30, 10, 20, balanced=False).weight == pytest.approx(3)
    assert sampler_of(30, 10, 20).weight == 1


@pytest.mark.parametrize(
    ("bona_fide", "synthetic", "size", "forge", "told"),
    [
        (0, 5, 4, 0.0, "no bona fide crops to train on"),
        (5, 0, 4, 0.0, "no synthetic crops to train on.*--forge 0.5"),
        (5, 0, 2, 0.9, "would hold 0 bona fide crops and 2 synthetic"),
    ],
)
def test_a_missing_class_is_told(bona_fide: int, synthetic: int, size: int, forge: float, told: str) -> None:
    with pytest.raises(UserError, match=told):
        sampler_of(bona_fide, synthetic, size, forge)
