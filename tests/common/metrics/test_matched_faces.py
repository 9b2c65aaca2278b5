import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from common.metrics.matched_faces import REACH, SPREAD, sharpness_matched


def some_faces(count: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, a sharpness that tells them, and a detection score that hangs on it."""
    rng = np.random.default_rng(0)
    labels = rng.random(count) < 0.4
    sharp = np.exp(rng.normal(-0.8 * labels, 1))
    return labels, sharp, np.clip(rng.normal(0.9 + 0.02 * sharp, 0.05), 0, 1)


@pytest.mark.parametrize("with_score", [False, True])
def test_what_rests_on_sharpness_alone_tells_nothing_of_matched_faces(with_score: bool) -> None:
    labels, sharp, score = some_faces()
    assert 1 - roc_auc_score(labels, sharp) > 0.7
    rows = sharpness_matched(labels, sharp, score if with_score else None)
    assert len(np.unique(rows)) == rows.size > 1500
    assert not labels[rows[:, 0]].any() and labels[rows[:, 1]].all()
    for measure in (sharp, score) if with_score else (sharp,):
        assert roc_auc_score(labels[rows].ravel(), measure[rows].ravel()) == pytest.approx(0.5, abs=0.03)
    noted = labels + np.random.default_rng(1).normal(0, 1, len(labels))  # what does not rest on it stays
    assert roc_auc_score(labels[rows].ravel(), noted[rows].ravel()) == pytest.approx(
        roc_auc_score(labels, noted), abs=0.03
    )


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60))
def test_pairs_are_near_and_no_two_free_faces_are_left_that_are_nearer(drawn: list[tuple[bool, int]]) -> None:
    labels, sharp = np.array([one[0] for one in drawn]), np.array([one[1] for one in drawn], float)
    rows = sharpness_matched(labels, sharp)
    ranks = np.array([np.mean(sharp < one) + np.mean(sharp == one) / 2 for one in sharp])
    assert (np.abs(ranks[rows[:, 0]] - ranks[rows[:, 1]]) <= REACH + SPREAD).all()
    free = np.setdiff1d(np.arange(len(labels)), rows)
    apart = np.abs(ranks[free[~labels[free]]][:, None] - ranks[free[labels[free]]])
    assert (apart >= REACH - SPREAD).all()
    assert (sharpness_matched(labels, 7 * sharp - 3) == rows).all()


def test_classes_apart_have_no_pairs_and_unmeasured_faces_none() -> None:
    labels = np.repeat([False, True], 50)
    assert sharpness_matched(labels, np.concatenate([np.arange(50.0), np.arange(500.0, 550)])).size <= 2 * 5
    assert sharpness_matched(labels, np.full(100, np.nan)).shape == (0, 2)
    assert len(sharpness_matched(labels, np.ones(100))) == 50, "all alike"
    with pytest.raises(ValueError, match="one for each of 100"):
        sharpness_matched(labels, np.ones(99))
