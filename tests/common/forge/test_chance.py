import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.forge.chance import Chance


def draws(chance: Chance) -> list[object]:
    return [
        chance.uniform("a", -2, 3),
        chance.either_side("b", 1, 2),
        chance.integer("c", 1, 4),
        chance.happens("d", 0.5),
        chance.choice("e", ("x", "y", "z")),
        chance.normal(2, 3).tolist(),
    ]


@given(st.integers(0, 2**63))
def test_equal_seeds_draw_alike_and_record_it_as_json(seed: int) -> None:
    first, second = Chance([seed, 1]), Chance([seed, 1])
    values = draws(first)
    assert values == draws(second)
    assert first.drawn == second.drawn == json.loads(json.dumps(first.drawn))
    assert list(first.drawn) == ["a", "b", "c", "d", "e"]
    a, b, c, _, e, _ = values
    assert isinstance(a, float) and -2 <= a < 3
    assert isinstance(b, float) and 1 <= abs(b) < 2
    assert c in (1, 2, 3, 4) and e in ("x", "y", "z")


def test_the_record_is_what_was_drawn() -> None:
    chance = Chance(5)
    values = draws(chance)
    assert chance.drawn["a"] == pytest.approx(values[0], abs=1e-4)
    assert chance.drawn["b"] == pytest.approx(values[1], abs=1e-4)
    assert [chance.drawn[name] for name in "cde"] == values[2:5]


def test_every_option_and_either_sign_is_drawn() -> None:
    chance = Chance(0)
    assert {chance.integer("i", 0, 2) for _ in range(60)} == {0, 1, 2}
    assert {chance.choice("c", ("x", "y")) for _ in range(60)} == {"x", "y"}
    assert {np.sign(chance.either_side("s", 0.1, 1)) for _ in range(60)} == {-1, 1}
    assert [chance.happens("h", share) for share in (0.0, 1.0)] == [False, True]
    assert 0.2 < np.mean([chance.happens("h", 0.3) for _ in range(1000)]) < 0.4


def test_other_seeds_draw_otherwise() -> None:
    assert len({Chance([seed, attempt]).uniform("a", 0, 1) for seed in range(20) for attempt in (1, 2)}) == 40
