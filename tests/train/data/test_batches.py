from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.runtime.errors import UserError
from train.data.batches import BatchPlan
from train.data.pk_sampler import PKSampler

PEOPLE, BONA_FIDE, FORGED = 7, 5, 3


def make(people: int = 3, photos: int = 4, share: float = 0.5, seed: int = 0, **changes: object) -> PKSampler:
    identities = np.repeat(np.arange(PEOPLE), BONA_FIDE + FORGED)
    synthetic = np.tile(np.arange(BONA_FIDE + FORGED) >= BONA_FIDE, PEOPLE)
    given = {"identities": identities, "synthetic": synthetic, "rows": np.arange(len(identities))} | changes
    return PKSampler(
        given["identities"],  # type: ignore[arg-type]
        given["synthetic"],  # type: ignore[arg-type]
        given["rows"],  # type: ignore[arg-type]
        people=people,
        photos=photos,
        synthetic_share=share,
        seed=seed,
    )


def test_every_batch_has_people_times_photos_with_their_synthetic_share() -> None:
    batches = make()
    found = [plan.rows for plan in batches]
    assert len(found) == len(batches) == 56 // 12
    for rows in found:
        assert len(rows) == batches.batch_size == 12 and len(set(rows)) == 12
        people = Counter(int(row) // 8 for row in rows)
        assert list(people.values()) == [4, 4, 4]
        assert Counter(int(row) // 8 for row in rows if row % 8 >= BONA_FIDE) == Counter(
            dict.fromkeys(people, 2)
        )


def test_identities_take_turns() -> None:
    turns = [int(person) for plan in make(people=2, photos=2) for person in dict.fromkeys(plan.rows // 8)]
    assert set(turns[:PEOPLE]) == set(range(PEOPLE))
    for start in range(len(turns) - 2 * PEOPLE):
        assert set(turns[start : start + 2 * PEOPLE]) == set(range(PEOPLE))


def test_seed_and_epoch_decide() -> None:
    def drawn(seed: int, epoch: int) -> list[list[int]]:
        batches = make(seed=seed)
        batches.epoch = epoch
        return [plan.rows.tolist() for plan in batches]

    assert drawn(1, 2) == drawn(1, 2)
    assert drawn(1, 2) != drawn(1, 3) and drawn(1, 2) != drawn(2, 2)


def test_only_the_rows_asked_for() -> None:
    rows = np.flatnonzero(np.repeat(np.arange(PEOPLE), 8) != 3)
    batches = make(rows=rows)
    assert batches.crops == 48
    assert all(set(plan.rows) <= set(rows.tolist()) for plan in batches)


def test_who_has_few_photographs_gives_them_again_but_evenly() -> None:
    batches = make(
        people=1,
        photos=8,
        share=0.0,
        identities=np.zeros(3, int),
        synthetic=np.zeros(3, bool),
        rows=np.arange(3),
    )
    (plan,) = list(batches)
    assert sorted(Counter(plan.rows.tolist()).values()) == [2, 3, 3]


def test_people_without_synthetic_photographs_fill_up_with_bona_fide_ones() -> None:
    batches = make(synthetic=np.zeros(56, bool))
    assert all(len(set(plan.rows)) == 12 for plan in batches)


def test_more_people_asked_for_than_there_are() -> None:
    batches = make(people=50)
    assert batches.batch_size == PEOPLE * 4
    assert all(len({int(row) // 8 for row in plan.rows}) == PEOPLE for plan in batches)


@pytest.mark.parametrize(
    ("identities", "synthetic"), [([0, 1, 2], [0, 0, 0]), ([0, 0, 0], [0, 1, 1]), ([], []), ([0, 0], [1, 1])]
)
def test_without_two_bona_fide_photographs_of_anyone_there_is_nothing_to_learn(
    identities: list[int], synthetic: list[int]
) -> None:
    with pytest.raises(UserError, match="no person has two bona fide photographs"):
        make(
            identities=np.array(identities, int),
            synthetic=np.array(synthetic, bool),
            rows=np.arange(len(identities)),
        )


def test_the_draws_of_a_seed_stay_those_that_published_figures_were_trained_with() -> None:
    batches = make()
    batches.epoch = 2
    assert [plan.rows.tolist() for plan in batches] == [
        [41, 40, 47, 46, 16, 17, 22, 23, 1, 2, 6, 5],
        [50, 48, 53, 54, 9, 11, 13, 15, 36, 32, 38, 37],
        [24, 25, 30, 31, 36, 35, 38, 39, 50, 51, 55, 53],
        [8, 12, 15, 14, 19, 18, 22, 21, 1, 3, 5, 7],
    ]


def plans(batches: PKSampler, rank: int = 0, processes: int = 1, first: int = 0) -> list[BatchPlan]:
    batches.epoch, batches.first_batch, batches.rank_share = 3, first, (rank, processes)
    return list(batches)


def as_lists(found: list[BatchPlan]) -> list[tuple[list[int], list[int]]]:
    return [(plan.rows.tolist(), plan.seeds.tolist()) for plan in found]


PEOPLE_DRAWN = st.lists(st.tuples(st.integers(2, 9), st.integers(0, 5)), min_size=1, max_size=8)


@st.composite
def drawn_batches(draw: st.DrawFn) -> PKSampler:
    """Any people with any numbers of bona fide and synthetic photographs."""
    counts = draw(PEOPLE_DRAWN)
    identities = np.repeat(np.arange(len(counts)), [real + forged for real, forged in counts])
    synthetic = np.concatenate([np.arange(real + forged) >= real for real, forged in counts])
    return make(
        people=draw(st.integers(1, 6)),
        photos=draw(st.integers(2, 6)),
        share=draw(st.sampled_from([0.0, 0.34, 0.5])),
        seed=draw(st.integers(0, 2**40)),
        identities=identities,
        synthetic=synthetic,
        rows=np.arange(len(identities)),
    )


@given(drawn_batches(), st.integers(0, 5))
def test_a_plan_gives_every_crop_of_a_batch_its_row_and_seed(batches: PKSampler, first: int) -> None:
    whole = plans(batches)
    assert len(whole) == len(batches)
    for plan in whole:
        assert plan.rows.shape == plan.seeds.shape == (batches.batch_size,)
        assert plan.rows.dtype == np.int64 and plan.seeds.dtype == np.uint64
    tail = plans(batches, first=first)
    assert len(batches) == len(whole)
    assert as_lists(tail) == as_lists(whole)[first:]


@given(drawn_batches(), st.integers(1, 6), st.integers(0, 3))
def test_shares_make_up_the_batch(batches: PKSampler, processes: int, first: int) -> None:
    whole = plans(batches)
    if batches.batch_size % processes:
        with pytest.raises(UserError, match=f"cannot be shared equally by {processes} devices"):
            batches.rank_share = (0, processes)
        return
    shares = [plans(batches, rank, processes, first) for rank in range(processes)]
    together = [
        BatchPlan(*map(np.concatenate, zip(*parts, strict=True))) for parts in zip(*shares, strict=True)
    ]
    assert as_lists(together) == as_lists(whole)[first:]


@pytest.mark.parametrize(
    ("photos", "processes", "told"), [(3, 2, 6), (3, 4, 12), (6, 4, 12), (5, 6, 30), (4, 8, 8)]
)
def test_a_share_that_cannot_be_equal_names_a_batch_that_can(photos: int, processes: int, told: int) -> None:
    with pytest.raises(UserError, match=f"a batch of {3 * photos} crops .* set --batch-size {told} or"):
        make(people=3, photos=photos).rank_share = (0, processes)


def test_seeds_depend_on_seed_epoch_and_batch_alone() -> None:
    def seeds(batches: PKSampler, epoch: int) -> list[int]:
        batches.epoch = epoch
        return [seed for plan in batches for seed in plan.seeds.tolist()]

    here = seeds(make(seed=5), 1)
    assert len(set(here)) == len(here) == 48
    assert here == seeds(make(seed=5, synthetic=np.zeros(56, bool)), 1)  # other rows, equal seeds
    assert not set(here) & set(seeds(make(seed=5), 2)) and not set(here) & set(seeds(make(seed=6), 1))


@pytest.mark.parametrize("share", [(2, 2), (-1, 2), (0, 0)])
def test_no_share_is_no_process(share: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        make().rank_share = share
