import itertools
import json

import pytest

from common.formats.pair_category import PairCategory, category_of


@pytest.mark.parametrize(("label", "first", "second"), list(itertools.product((0, 1), repeat=3)))
def test_a_synthetic_face_outweighs_the_identity(label: int, first: int, second: int) -> None:
    category = category_of(label, first, second)
    if first or second:
        assert category is PairCategory.SYNTHETIC
    else:
        assert category is (PairCategory.SAME_PERSON if label else PairCategory.DIFFERENT_PERSON)


def test_only_the_same_person_is_genuine() -> None:
    assert [category for category in PairCategory if category.is_genuine] == [PairCategory.SAME_PERSON]


def test_values_are_json_keys_and_names_are_for_people() -> None:
    assert json.loads(json.dumps(dict.fromkeys(PairCategory, 0))) == {
        "same_person": 0,
        "different_person": 0,
        "synthetic": 0,
    }
    assert [c.display_name for c in PairCategory] == ["same-person", "different-person", "synthetic"]


def test_codes_are_positions_in_the_list() -> None:
    assert [category.code for category in PairCategory] == [0, 1, 2]
    assert [list(PairCategory)[category.code] for category in PairCategory] == list(PairCategory)
