import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from common.formats.crop_frame import Template, crop_frame
from common.formats.shards import Alignment
from train.data.resolution import matched_sides, reduced, shown_sides


@given(
    st.lists(st.floats(10, 200), min_size=1, max_size=60),
    st.lists(st.floats(10, 200), min_size=1, max_size=60),
)
def test_both_classes_get_one_distribution_and_no_crop_gains(
    bona_fide: list[float], forged: list[float]
) -> None:
    sides = np.array(bona_fide + forged)
    synthetic = np.repeat([False, True], [len(bona_fide), len(forged)])
    matched = matched_sides(sides, synthetic)
    assert (matched <= sides).all() and (matched >= sides.min()).all()
    for label in (False, True):
        own, after = sides[synthetic == label], matched[synthetic == label]
        order = np.argsort(own, kind="stable")
        assert (np.diff(after[order]) >= -1e-9).all(), "the order of a class stays"
    twice = np.array(bona_fide * 2)
    assert np.allclose(matched_sides(twice, np.repeat([False, True], len(bona_fide))), twice)


def test_resolution_no_longer_tells_the_classes() -> None:
    rng = np.random.default_rng(0)
    sides = np.concatenate([rng.normal(100, 10, 500), rng.normal(180, 15, 300)])
    synthetic = np.repeat([False, True], [500, 300])
    matched = matched_sides(sides, synthetic)
    above = (matched[synthetic][:, None] > matched[~synthetic]).mean()
    assert sides[synthetic].min() > 130 and 0.45 < above < 0.55
    assert np.array_equal(matched_sides(sides[:500], synthetic[:500]), sides[:500]), "one class alone"


def test_the_sides_follow_the_box_and_the_landmarks() -> None:
    boxes = np.array([[10, 10, 60, 50], [10, 10, 410, 210], [0, 0, 50, 50]], np.float32)
    landmarks = np.tile(crop_frame().points, (3, 1, 1))
    kinds = np.array([Alignment.LANDMARKS, Alignment.LANDMARKS, Alignment.CENTRE], np.uint8)
    found = shown_sides(landmarks, boxes, kinds, crop_frame(224, Template.BOX, 0.2))
    assert found.tolist() == [70, 224, 224]
    arcface = shown_sides(landmarks / 2, boxes, kinds, crop_frame())
    assert np.allclose(arcface, [56, 56, 112])


def test_a_crop_is_reduced_where_it_has_more() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert reduced(crop, 20.3).shape == (20, 20, 3)
    assert reduced(crop, 63) is crop and reduced(crop, 2).shape == (16, 16, 3)
