from pathlib import Path

import numpy as np
import pytest
import torch

from common.encoder import Encoder
from common.errors import UserError
from common.metrics import evaluate_pairs
from common.pairs import PairCategory
from train.dataset import CropDataset
from train.validation import draw_validation_pairs, validate

HELD_OUT = {"person1", "person4", "person5"}


@pytest.fixture(scope="module")
def dataset(tiny_shards: Path) -> CropDataset:
    return CropDataset(tiny_shards)


def test_pairs_are_what_they_are_called_and_of_held_out_people_alone(dataset: CropDataset) -> None:
    pairs = draw_validation_pairs(dataset, HELD_OUT, 30, seed=0)
    assert len(pairs.rows) == len(pairs.categories) == 90
    assert len({tuple(sorted(pair)) for pair in pairs.rows.tolist()}) == 90
    for (a, b), category in zip(pairs.rows.tolist(), pairs.categories, strict=True):
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


def test_a_category_gives_what_it_has(dataset: CropDataset) -> None:
    pairs = draw_validation_pairs(dataset, {"person0", "person1"}, 1000, seed=0)
    counts = {category: pairs.categories.count(category) for category in PairCategory}
    assert counts == {
        PairCategory.SAME_PERSON: 2 * 15,
        PairCategory.DIFFERENT_PERSON: 36,
        PairCategory.SYNTHETIC: 2 * 18,
    }


def test_no_genuine_or_no_impostor_pair_is_refused(dataset: CropDataset) -> None:
    with pytest.raises(UserError, match=r"raise validation\.share"):
        draw_validation_pairs(dataset, {"person0"}, 10, seed=0)


def test_validate_scores_what_the_encoder_embeds(dataset: CropDataset) -> None:
    torch.manual_seed(0)
    encoder = Encoder("ir_lite").train()
    pairs = draw_validation_pairs(dataset, HELD_OUT, 10, seed=0)
    report = validate(encoder, dataset, pairs)
    assert encoder.training
    encoder.eval()
    scores = [
        float((encoder.embed(dataset[[a]].crops) * encoder.embed(dataset[[b]].crops)).sum())
        for a, b in pairs.rows.tolist()
    ]
    expected = evaluate_pairs(pairs.categories, scores)
    assert report.eer == pytest.approx(expected.eer)
    assert report.threshold == pytest.approx(expected.threshold, abs=1e-4)
    assert [entry.total for entry in report.by_category.values()] == [10, 10, 10]


def test_embeddings_that_are_not_finite_end_the_run(dataset: CropDataset) -> None:
    encoder = Encoder("ir_lite")
    with torch.no_grad():
        next(encoder.parameters()).fill_(np.nan)
    pairs = draw_validation_pairs(dataset, HELD_OUT, 5, seed=0)
    with pytest.raises(UserError, match="lower --lr"):
        validate(encoder, dataset, pairs)
