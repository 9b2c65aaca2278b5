from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from align.crops.aligner import AlignedFace, align_photographs
from infer.embeddings import align_options
from infer.hard_pairs import crops_of, hardest_pairs, rank_pairs
from infer.models.model import Model
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.pair_set import PairSet

SCORES = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, np.nan])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 2), SCORES), max_size=60), st.integers(1, 7))
def test_the_worst_of_each_category_the_first_of_equal_ones(
    pairs: list[tuple[int, float]], per_category: int
) -> None:
    expected = []
    for code in (0, 1, 2, -1):
        rows = [row for row, (found, score) in enumerate(pairs) if found == code and score == score]
        rows.sort(key=lambda row: pairs[row][1] if code == 0 else -pairs[row][1])
        expected += rows[:per_category]
    categories = np.array([code for code, _ in pairs], np.int8)
    similarity = np.array([score for _, score in pairs], np.float64)
    found = hardest_pairs(rank_pairs(categories, similarity), per_category)
    assert found.dtype == np.int64 and found.tolist() == expected


def test_the_crops_are_what_the_model_sees_and_black_without_a_face(pair_folder: Path, model: Model) -> None:
    pair_set = find_pair_set(pair_folder)
    rows = np.array([pair_set.ids.index(name) for name in ("c", "missing")])
    crops = crops_of(pair_set, rows, model)
    assert crops.shape == (2, 2, 112, 112, 3) and crops.dtype == np.uint8
    outcomes = align_photographs(
        [pair_set.images[image] for image in pair_set.members[rows].ravel()], align_options(model, False)
    )
    for crop, outcome in zip(crops.reshape(4, 112, 112, 3), outcomes, strict=True):
        if isinstance(outcome, AlignedFace):
            np.testing.assert_array_equal(crop, outcome.image)
        else:
            assert not crop.any()
    assert crops[0].any() and crops[1, 0].any() and not crops[1, 1].any()


def test_crops_of_no_pair(pair_folder: Path, model: Model) -> None:
    assert crops_of(find_pair_set(pair_folder), np.zeros(0, np.int64), model).shape == (0, 2, 112, 112, 3)


def test_of_a_set_of_crops_no_face_is_looked_for(pair_folder: Path, model: Model) -> None:
    photographs = find_pair_set(pair_folder)
    row = np.array([photographs.ids.index("c")])
    as_crops = PairSet(**{**vars(photographs), "aligned": True})
    assert (crops_of(as_crops, row, model) != crops_of(photographs, row, model)).any()
