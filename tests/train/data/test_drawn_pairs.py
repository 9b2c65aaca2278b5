import numpy as np
import pytest

from common.runtime.errors import UserError
from train.data.batches import ForgingPlan
from train.data.drawn_pairs import DrawnPairs

IDENTITIES = np.repeat(np.arange(5), 6)
SYNTHETIC = np.arange(30) % 6 >= 4
SYNTHETIC[24:] = False  # the last person has none
ROWS = np.setdiff1d(np.arange(30), [0, 7])


def pairs(batches: DrawnPairs, epoch: int = 1) -> np.ndarray:
    batches.epoch = epoch
    return np.concatenate([plan.rows.reshape(-1, 2) for plan in batches])


def test_every_kind_takes_its_turn_and_every_row_comes() -> None:
    batches = DrawnPairs(IDENTITIES, SYNTHETIC, ROWS, size=14, seed=3)
    assert len(batches) == 4 and batches.batch_size == 14 and batches.crops == 28
    drawn = np.concatenate([pairs(batches, epoch) for epoch in range(1, 30)])
    first, second = drawn.T
    same = IDENTITIES[first] == IDENTITIES[second]
    forged = SYNTHETIC[second]
    assert not SYNTHETIC[first].any() and (first != second).all()
    kinds = np.array([(same & ~forged).sum(), (~same & ~forged).sum(), (same & forged).sum()])
    assert kinds.sum() == len(drawn) and np.ptp(kinds / len(drawn)) < 0.05
    assert set(drawn.flat) == set(ROWS)
    assert np.array_equal(pairs(batches, 5), pairs(batches, 5))
    assert not np.array_equal(pairs(batches, 5), pairs(batches, 6))


def test_where_there_are_no_synthetic_crops_forgeries_are_made() -> None:
    plan = ForgingPlan(0.25, np.ones(30, np.bool_))
    batches = DrawnPairs(IDENTITIES, np.zeros(30, np.bool_), ROWS, size=16, seed=0, forging=plan)
    batches.epoch = 1
    for batch in batches:
        forged = batch.forged.reshape(-1, 2)
        genuine = np.equal(*IDENTITIES[batch.rows.reshape(-1, 2)].T)
        assert forged.sum() == 4 and forged.sum(axis=1).max() == 1
        assert forged[genuine].sum() <= genuine.sum() // 2


def test_one_photograph_a_person_makes_no_pair() -> None:
    with pytest.raises(UserError, match="no two bona fide photographs"):
        DrawnPairs(np.arange(4), np.zeros(4, np.bool_), np.arange(4), size=4, seed=0)
