"""Folds deal whole groups out, each crop once, by data and seed alone."""

import numpy as np
import pytest

from common.formats.groups import connected_groups, crop_ties
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


@pytest.mark.parametrize("seed", range(20))
def test_no_tie_ever_crosses_a_fold(seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows = 150
    people = chance.integers(0, 100, rows)
    videos = [(f"video {number}",) if number < 20 else () for number in chance.integers(0, 60, rows)]
    sources = [
        tuple(f"p{number}" for number in chance.integers(0, 100, 2)) if drawn < 0.1 else ()
        for drawn in chance.random(rows)
    ]
    ties = [
        crop_ties(f"p{person}", video, source)
        for person, video, source in zip(people, videos, sources, strict=True)
    ]
    for number, (one, other) in enumerate(chance.integers(0, rows, (5, 2)).tolist()):  # one picture
        ties[one].add(f"picture {number}")
        ties[other].add(f"picture {number}")
    groups = connected_groups([set(tie) for tie in ties])
    folds = assign_folds(chance.random(rows) < 0.5, groups, 3, seed)
    for fold in range(3):
        held_out = set().union(*(tie for tie, own in zip(ties, folds == fold, strict=True) if own))
        trained = set().union(*(tie for tie, own in zip(ties, folds != fold, strict=True) if own))
        assert held_out and trained and held_out.isdisjoint(trained)
