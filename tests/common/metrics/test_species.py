import math

import numpy as np
import pytest

from common.metrics.species import apcer_by_species


def test_the_worst_species_stands_first_with_the_bounds_of_its_groups() -> None:
    labels = np.repeat([1, 1, 1, 0], [40, 60, 10, 20])
    species = ["blend"] * 40 + ["swap"] * 60 + ["warp"] * 10 + ["blend"] * 20
    likely = np.full(130, 0.9)
    likely[:6], likely[60:66] = 0.1, 0.1  # 6 of 40 blends and 6 of 60 swaps pass
    found = apcer_by_species(labels, likely, species)
    assert [(one.name, one.errors.errors, one.errors.total) for one in found] == [
        ("blend", 6, 40),
        ("swap", 6, 60),
        ("warp", 0, 10),
    ]
    assert found[0].interval is not None and found[0].interval.low < 0.15 < found[0].interval.high
    assert found[0].interval.high - found[0].interval.low == pytest.approx(
        2 * 1.96 * math.sqrt(0.15 * 0.85 / 40), rel=0.15
    )
    assert found[2].interval == (0, pytest.approx(0.3)), "the rule of three"
    assert apcer_by_species(labels, likely, species) == found


def test_one_source_of_forgeries_tells_nothing_of_others() -> None:
    found = apcer_by_species(np.ones(50), np.full(50, 0.9), ["swap"] * 50, np.zeros(50, int))
    assert (found[0].groups, found[0].interval) == (1, (0, 1))


def test_of_equal_rates_the_less_certain_stands_first() -> None:
    found = apcer_by_species(np.ones(33), np.ones(33), ["a"] * 30 + ["b"] * 3)
    assert [one.name for one in found] == ["b", "a"]


def test_species_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one for each of 2"):
        apcer_by_species([0, 1], [0.1, 0.9], ["swap"])
    assert apcer_by_species([0, 0], [0.1, 0.9], ["", ""]) == []
