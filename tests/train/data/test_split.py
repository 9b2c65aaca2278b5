import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.runtime.errors import UserError
from train.data.split import held_out_identities, read_split

people = st.sets(st.text(min_size=1, max_size=6), min_size=4, max_size=60)
share = st.floats(0.01, 0.99)


@given(people, share, st.integers(0, 1000))
def test_both_sides_have_two_people_and_order_does_not_matter(
    names: set[str], share: float, seed: int
) -> None:
    chosen = held_out_identities(sorted(names), share, seed)
    assert chosen < names and 2 <= len(chosen) <= len(names) - 2
    assert chosen == held_out_identities([*sorted(names, reverse=True), *names], share, seed)
    assert abs(len(chosen) - share * len(names)) <= 2


@given(people, share, st.text(min_size=1, max_size=6))
def test_one_more_person_moves_at_most_one(names: set[str], share: float, newcomer: str) -> None:
    before, after = (held_out_identities(everyone, share, 7) for everyone in (names, names | {newcomer}))
    assert len(before - after) <= 1
    assert len((after - before) - {newcomer}) <= 1


def test_the_choice_is_the_same_on_every_machine() -> None:
    names = [f"person{number}" for number in range(10)]
    assert held_out_identities(names, 0.2, 0) != held_out_identities(names, 0.2, 1)
    assert held_out_identities(names, 0.2, 0) == _by_the_documented_hash(names, 2)


def _by_the_documented_hash(names: list[str], count: int) -> set[str]:
    import hashlib

    return set(sorted(names, key=lambda name: hashlib.sha256(f"0/{name}".encode()).hexdigest())[:count])


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"], ["a"] * 9])
def test_fewer_than_four_people_are_too_few(names: list[str]) -> None:
    with pytest.raises(UserError, match="too few"):
        held_out_identities(names, 0.5, 0)


def test_a_split_without_an_end_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for endless in (tmp_path / "pipe.json", Path("/dev/zero")):
        with pytest.raises(UserError, match="is not a stored split"):
            read_split(endless, ["a", "b"], least=1)
