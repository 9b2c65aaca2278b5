from collections import Counter

import numpy as np
import pytest

from common.errors import UserError
from train.batches import IdentityBatches

PEOPLE, BONA_FIDE, FORGED = 7, 5, 3


def make(
    people: int = 3, photos: int = 4, share: float = 0.5, seed: int = 0, **changes: object
) -> IdentityBatches:
    identities = np.repeat(np.arange(PEOPLE), BONA_FIDE + FORGED)
    synthetic = np.tile(np.arange(BONA_FIDE + FORGED) >= BONA_FIDE, PEOPLE)
    given = {"identities": identities, "synthetic": synthetic, "rows": np.arange(len(identities))} | changes
    return IdentityBatches(
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
    found = list(batches)
    assert len(found) == len(batches) == 56 // 12
    for rows in found:
        assert len(rows) == batches.batch_size == 12 and len(set(rows)) == 12
        people = Counter(int(row) // 8 for row in rows)
        assert list(people.values()) == [4, 4, 4]
        assert Counter(int(row) // 8 for row in rows if row % 8 >= BONA_FIDE) == Counter(
            dict.fromkeys(people, 2)
        )


def test_identities_take_turns() -> None:
    turns = [int(person) for rows in make(people=2, photos=2) for person in dict.fromkeys(rows // 8)]
    assert set(turns[:PEOPLE]) == set(range(PEOPLE))
    for start in range(len(turns) - 2 * PEOPLE):
        assert set(turns[start : start + 2 * PEOPLE]) == set(range(PEOPLE))


def test_seed_and_epoch_decide() -> None:
    def drawn(seed: int, epoch: int) -> list[list[int]]:
        batches = make(seed=seed)
        batches.epoch = epoch
        return [rows.tolist() for rows in batches]

    assert drawn(1, 2) == drawn(1, 2)
    assert drawn(1, 2) != drawn(1, 3) and drawn(1, 2) != drawn(2, 2)


def test_only_the_rows_asked_for() -> None:
    rows = np.flatnonzero(np.repeat(np.arange(PEOPLE), 8) != 3)
    batches = make(rows=rows)
    assert batches.crops == 48
    assert all(set(batch) <= set(rows.tolist()) for batch in batches)


def test_who_has_few_photographs_gives_them_again_but_evenly() -> None:
    batches = make(
        people=1,
        photos=8,
        share=0.0,
        identities=np.zeros(3, int),
        synthetic=np.zeros(3, bool),
        rows=np.arange(3),
    )
    (rows,) = list(batches)
    assert sorted(Counter(rows.tolist()).values()) == [2, 3, 3]


def test_people_without_synthetic_photographs_fill_up_with_bona_fide_ones() -> None:
    batches = make(synthetic=np.zeros(56, bool))
    assert all(len(set(rows)) == 12 for rows in batches)


def test_more_people_asked_for_than_there_are() -> None:
    batches = make(people=50)
    assert batches.batch_size == PEOPLE * 4
    assert all(len({int(row) // 8 for row in rows}) == PEOPLE for rows in batches)


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
