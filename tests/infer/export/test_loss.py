from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats.pair_list import UNLABELLED
from infer.export.loss import ScoredTwice
from infer.pair_sets.pair_set import PairSet


def scored(before: list[float], after: list[float], categories: list[int]) -> ScoredTwice:
    count = len(before)
    members = np.array([(2 * row, 2 * row + 1) for row in range(count)]).reshape(-1, 2)
    names = [str(row) for row in range(2 * count)]
    images: list[Path | bytes] = [Path(name) for name in names]
    codes = np.array(categories, np.int8)
    pair_set = PairSet("mine", "mine", images, names, names[:count], members, codes)
    return ScoredTwice(pair_set, np.array(before), np.array(after))


def test_the_loss_is_the_eer_of_both() -> None:
    found = scored([0.9, 0.8, 0.2, 0.1], [0.9, 0.3, 0.4, 0.1], [0, 0, 1, 2]).loss()
    assert found is not None
    assert (found.pairs, found.genuine, found.impostors) == ("mine", 2, 2)
    assert (found.eer_before, found.eer) == (0, 0.5)


@pytest.mark.parametrize("code", [UNLABELLED, 0, 1])
def test_the_loss_is_unknown_without_labels_of_both_kinds(code: int) -> None:
    assert scored([0.1, 0.2], [0.1, 0.2], [code, code]).loss() is None


def test_a_pair_without_two_faces_takes_no_part() -> None:
    found = scored([0.9, np.nan, 0.1], [0.9, np.nan, 0.1], [0, 0, 1]).loss()
    assert found is not None and found.genuine == 1 and found.eer == 0
    assert scored([np.nan, 0.1], [np.nan, 0.1], [0, 1]).loss() is None


@given(
    st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=30, unique=True),
    st.floats(-1, 1),
    st.floats(0.3, 1),
    st.floats(-0.05, 0.05),
)
def test_the_threshold_that_is_carried_over_accepts_as_many(
    before: list[float], threshold: float, stretch: float, shift: float
) -> None:
    after = [stretch * similarity + shift for similarity in before]
    moved = scored(before, after, [UNLABELLED] * len(before)).carry_over(threshold)
    assert -1 <= moved <= 1
    tolerance = 1e-9  # a pair at the threshold itself may fall on either side by rounding
    assert (np.array(after) >= moved + tolerance).sum() <= (np.array(before) >= threshold).sum()
    assert (np.array(after) >= moved - tolerance).sum() >= (np.array(before) >= threshold).sum()


@given(st.lists(st.floats(-1, 1), max_size=20), st.floats(-1, 1))
def test_equal_similarities_leave_the_threshold(similarity: list[float], threshold: float) -> None:
    moved = scored(similarity, similarity, [UNLABELLED] * len(similarity)).carry_over(threshold)
    assert moved == pytest.approx(threshold, abs=1e-9)
