from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats.pair_category import PairCategory, category_of
from common.runtime.errors import UserError
from infer.pair_sets import all_pairs
from infer.pair_sets.all_pairs import MadePairs, make_pairs

PHOTOGRAPHS = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=14)


def made(photographs: list[tuple[int, bool]], per_kind: int | None) -> MadePairs | None:
    people, flags = zip(*photographs, strict=True)
    try:
        return make_pairs(np.array(people), np.array(flags), per_kind, "here")
    except UserError:
        assert max(Counter(who for who, synthetic in photographs if not synthetic).values(), default=0) < 2
        return None


def expected(photographs: list[tuple[int, bool]]) -> dict[tuple[int, int], int]:
    return {
        (one, two): category_of(
            photographs[one][0] == photographs[two][0], photographs[one][1], photographs[two][1]
        ).code
        for one, two in combinations(range(len(photographs)), 2)
    }


@given(PHOTOGRAPHS)
def test_all_pairs_with_what_they_show(photographs: list[tuple[int, bool]]) -> None:
    found = made(photographs, None)
    if found is not None:
        pairs = dict(zip(map(tuple, found.members.tolist()), found.categories.tolist(), strict=True))
        assert pairs == expected(photographs)
        assert found.note.startswith(f"all {len(pairs):,} pairs of {len(photographs)}")


@given(PHOTOGRAPHS, st.integers(1, 30))
def test_a_draw_has_as_many_of_each_kind_as_there_are(
    photographs: list[tuple[int, bool]], per_kind: int
) -> None:
    found = made(photographs, per_kind)
    if found is None:
        return
    all_of_them = expected(photographs)
    pairs = dict(zip(map(tuple, found.members.tolist()), found.categories.tolist(), strict=True))
    assert len(pairs) == len(found.members), "distinct"
    assert pairs.items() <= all_of_them.items()
    there, drawn = Counter(all_of_them.values()), Counter(pairs.values())
    for category in (PairCategory.SAME_PERSON, PairCategory.DIFFERENT_PERSON):
        assert drawn[category.code] == min(per_kind, there[category.code])
    of_one = [
        pair
        for pair, code in all_of_them.items()
        if code == PairCategory.SYNTHETIC.code
        and photographs[pair[0]][0] == photographs[pair[1]][0]
        and photographs[pair[0]][1] != photographs[pair[1]][1]
    ]
    wanted = len(of_one) if of_one else there[PairCategory.SYNTHETIC.code]
    assert drawn[PairCategory.SYNTHETIC.code] == min(per_kind, wanted)
    again = made(photographs, per_kind)
    assert again is not None and np.array_equal(again.members, found.members)


def test_every_genuine_and_impostor_pair_is_as_likely() -> None:
    people = np.repeat([0, 1, 2], [20, 5, 2])
    found = make_pairs(people, np.zeros(27, bool), 40, "here")
    genuine = found.members[found.categories == PairCategory.SAME_PERSON.code]
    assert len(genuine) == 40
    assert Counter(people[genuine[:, 0]].tolist())[0] in range(32, 41), "of 201 pairs 190 are of the first"


def test_too_many_pairs_are_drawn_without_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pairs, "DRAWN", 50)
    people = np.append(np.zeros(99_999, np.int64), 1)  # a hundred thousand of one, one of another
    found = make_pairs(people, np.zeros(100_000, bool), None, "here")
    assert Counter(found.categories.tolist()) == {0: 50, 1: 50}
    assert found.note == "100 of the 4,999,950,000 pairs of 100,000 photographs, up to 50 of a kind"


def test_photographs_of_which_nobody_has_two_are_no_pairs() -> None:
    with pytest.raises(UserError, match="nobody in here has two bona fide photographs"):
        make_pairs(np.arange(5), np.zeros(5, bool), None, "here")
    with pytest.raises(UserError, match="nobody in here"):
        make_pairs(np.zeros(2, np.int64), np.array([True, True]), None, "here")
