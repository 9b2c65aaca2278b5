"""Folds deal whole groups out, each crop once, by data and seed alone."""

import numpy as np
import pytest

from common.runtime.errors import UserError
from train.folds.assignment import assign_folds

GROUPS = np.repeat(np.arange(40), 6)
SYNTHETIC = GROUPS % 4 == 0


def test_every_crop_is_held_out_once_with_its_group_and_both_classes_evenly() -> None:
    assigned = assign_folds(SYNTHETIC, GROUPS, 5, seed=3)
    assert all(len(set(assigned[group == GROUPS])) == 1 for group in range(40))
    for fold in range(5):
        held_out = SYNTHETIC[assigned == fold]
        assert len(held_out) == 48 and held_out.sum() == 12
    assert np.array_equal(assigned, assign_folds(SYNTHETIC, GROUPS, 5, seed=3))
    other = assign_folds(SYNTHETIC, GROUPS, 5, seed=2**40)
    assert not np.array_equal(assigned, other)


@pytest.mark.parametrize(
    ("synthetic", "groups", "told"),
    [
        (
            SYNTHETIC,
            GROUPS // 12,
            "5 folds need .* with bona fide crops, of which the data has 4; lower",
        ),
        (GROUPS < 3, GROUPS, "with synthetic crops, of which the data has 3"),
    ],
)
def test_too_few_groups_of_a_class_are_refused_in_one_line(
    synthetic: np.ndarray, groups: np.ndarray, told: str
) -> None:
    with pytest.raises(UserError, match=told) as error:
        assign_folds(synthetic, groups, 5, seed=0)
    assert "\n" not in str(error.value)


def test_forgeries_stand_in_for_synthetic_crops() -> None:
    assigned = assign_folds(np.zeros(240, np.bool_), GROUPS, 5, seed=0, forged=True)
    assert np.bincount(assigned).tolist() == [48] * 5
