from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from train.data.pair_sampler import PairSampler

CODES = [category.code for category in PairCategory]
# pairs of each category, at least one genuine; crop 2i belongs with 2i + 1, so a crop tells its pair
COUNTS = st.tuples(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30))


def make(counts: tuple[int, int, int], size: int, seed: int = 0, epoch: int = 0) -> PairSampler:
    total = sum(counts)
    batches = PairSampler(
        np.arange(2 * total).reshape(total, 2), np.repeat(CODES, counts).astype(np.int8), size=size, seed=seed
    )
    batches.epoch = epoch
    return batches


def drawn_pairs(batches: PairSampler) -> NDArray[np.int64]:
    """The number of each drawn pair, batches × pairs."""
    rows = np.array([plan.rows for plan in batches])
    assert (rows[:, 0::2] % 2 == 0).all() and (rows[:, 1::2] == rows[:, 0::2] + 1).all()
    return rows[:, 0::2] // 2


@given(COUNTS, st.integers(2, 40), st.integers(0, 3))
def test_batches_are_whole_pairs_in_equal_parts(counts: tuple[int, int, int], size: int, epoch: int) -> None:
    batches = make(counts, size, epoch=epoch)
    pairs = drawn_pairs(batches)
    assert pairs.shape == (len(batches), batches.batch_size // 2)
    assert batches.batch_size == min(size // 2, sum(counts)) * 2 and batches.crops == 2 * sum(counts)
    assert sum(counts) - pairs.shape[1] < pairs.size <= sum(counts)
    category = np.repeat(range(3), counts)
    for batch in [*pairs, pairs.ravel()]:
        found = [int((category[batch] == code).sum()) for code in range(3) if counts[code]]
        assert max(found) - min(found) <= 1


@given(COUNTS, st.integers(2, 40), st.integers(0, 3))
def test_every_pair_of_a_category_comes_before_one_comes_again(
    counts: tuple[int, int, int], size: int, epoch: int
) -> None:
    drawn = drawn_pairs(make(counts, size, epoch=epoch)).ravel()
    category = np.repeat(range(3), counts)
    for code, count in enumerate(counts):
        own = drawn[category[drawn] == code].tolist()
        for start in range(0, len(own), max(1, count)):
            turn = own[start : start + count]
            assert len(set(turn)) == len(turn)


def test_no_category_is_forgotten_when_an_epoch_is_too_short_for_all() -> None:
    found = {
        int(pair) for epoch in range(40) for pair in drawn_pairs(make((1, 1, 1), 4, epoch=epoch)).ravel()
    }
    assert found == {0, 1, 2}


def test_seed_and_epoch_decide() -> None:
    def drawn(seed: int, epoch: int) -> list[list[int]]:
        return drawn_pairs(make((20, 20, 20), 12, seed, epoch)).tolist()  # type: ignore[no-any-return]

    assert drawn(1, 2) == drawn(1, 2)
    assert drawn(1, 2) != drawn(1, 3) and drawn(1, 2) != drawn(2, 2)


@given(COUNTS, st.integers(1, 10), st.sampled_from([1, 2, 5]))
def test_processes_and_resumed_epochs_see_the_same_batches(
    counts: tuple[int, int, int], pairs: int, processes: int
) -> None:
    batches = make(counts, 10 * pairs)
    assume(batches.batch_size % processes == 0)
    whole, length = list(batches), len(batches)
    first = batches.first_batch = length // 2
    parts = []
    for rank in range(processes):
        batches.rank_share = (rank, processes)
        parts.append(list(batches))
    assert len(batches) == length and {len(part) for part in parts} == {length - first}
    for number, plan in enumerate(whole[first:]):
        for field in range(2):
            assert np.concatenate([part[number][field] for part in parts]).tolist() == plan[field].tolist()


def test_crops_of_several_pairs_are_counted_once() -> None:
    rows = np.array([[0, 1], [1, 2], [0, 9]])
    batches = PairSampler(rows, np.array([0, 0, 1], np.int8), size=4, seed=0)
    assert batches.crops == 4
    # one of each category, the two of a category taking turns
    assert Counter(tuple(plan.rows[i : i + 2]) for plan in batches for i in (0, 2))[(0, 9)] == 1


@pytest.mark.parametrize("counts", [(0, 4, 4), (0, 0, 0)])
def test_without_a_genuine_pair_there_is_nothing_to_learn(counts: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match="no same-person pair is left to train on"):
        make(counts, 8)


@given(COUNTS, st.integers(2, 40), st.integers(1, 6))
def test_a_share_that_cannot_be_equal_names_one_that_can(
    counts: tuple[int, int, int], size: int, processes: int
) -> None:
    batches = make(counts, size)
    if batches.batch_size % processes == 0:
        batches.rank_share = (processes - 1, processes)
        assert all(len(plan.rows) == batches.batch_size // processes for plan in batches)
        return
    with pytest.raises(UserError) as caught:
        batches.rank_share = (0, processes)
    wanted = int(str(caught.value).split("--batch-size ")[1].split()[0])
    assert wanted % processes == 0 and wanted % 2 == 0
    assert batches.rank_share == (0, 1)
