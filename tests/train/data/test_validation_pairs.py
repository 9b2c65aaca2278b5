from pathlib import Path

import numpy as np
import pytest

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.validation_pairs import draw_validation_pairs

HELD_OUT = {"person1", "person4", "person5"}


@pytest.fixture(scope="module")
def dataset(tiny_shards: Path) -> CropDataset:
    return CropDataset(tiny_shards)


def test_pairs_are_what_they_are_called_and_of_held_out_people_alone(dataset: CropDataset) -> None:
    pairs = draw_validation_pairs(dataset, HELD_OUT, 30, seed=0)
    assert len(pairs.rows) == len(pairs.categories) == 90
    assert len({tuple(sorted(pair)) for pair in pairs.rows.tolist()}) == 90
    assert pairs.rows.dtype == np.int64 and pairs.categories.dtype == np.int8
    for (a, b), code in zip(pairs.rows.tolist(), pairs.categories.tolist(), strict=True):
        category = list(PairCategory)[code]
        assert a != b
        one, two = dataset.identities[[a, b]]
        assert {dataset.identity_names[one], dataset.identity_names[two]} <= HELD_OUT
        forged = dataset.synthetic[[a, b]].sum()
        if category is PairCategory.SYNTHETIC:
            assert forged == 1 and one == two
        else:
            assert forged == 0 and (one == two) == (category is PairCategory.SAME_PERSON)


def test_they_are_fixed_by_the_seed(dataset: CropDataset) -> None:
    first, again, other = (draw_validation_pairs(dataset, HELD_OUT, 20, seed) for seed in (3, 3, 4))
    assert first.rows.tolist() == again.rows.tolist() and first.fingerprint == again.fingerprint
    assert first.rows.tolist() != other.rows.tolist() and first.fingerprint != other.fingerprint


@pytest.mark.slow
def test_a_category_gives_what_it_has(dataset: CropDataset) -> None:
    pairs = draw_validation_pairs(dataset, {"person0", "person1"}, 1000, seed=0)
    counts = {category: int(np.sum(pairs.categories == category.code)) for category in PairCategory}
    assert counts == {
        PairCategory.SAME_PERSON: 2 * 15,
        PairCategory.DIFFERENT_PERSON: 36,
        PairCategory.SYNTHETIC: 2 * 18,
    }


def test_no_genuine_or_no_impostor_pair_is_refused(dataset: CropDataset) -> None:
    with pytest.raises(UserError, match=r"raise validation\.share"):
        draw_validation_pairs(dataset, {"person0"}, 10, seed=0)


def test_the_draws_are_those_of_the_first_version(dataset: CropDataset) -> None:
    assert draw_validation_pairs(dataset, HELD_OUT, 20, seed=3).fingerprint == "4ae7dcd104c68dbc"
