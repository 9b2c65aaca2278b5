import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.forge.face import Face, landmarks_for_forging
from common.formats.crop_frame import ARCFACE_POINTS, crop_frame
from common.formats.shards import Alignment


@pytest.mark.parametrize("size", [32, 112, 224, 448])
def test_a_unit_is_a_pixel_of_the_arcface_crop(size: int) -> None:
    face = Face(np.zeros((size, size, 3), np.uint8), ARCFACE_POINTS * (size / 112))
    assert face.size == size
    assert face.unit == pytest.approx(size / 112)


@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=10), st.sampled_from([32, 112, 256]))
def test_the_unit_is_bounded_whatever_the_landmarks(numbers: list[float], size: int) -> None:
    face = Face(np.zeros((size, size, 3), np.uint8), np.array(numbers).reshape(5, 2))
    assert 0.199 <= face.unit / (size / 112) <= 2.001


def test_the_landmarks_of_a_shard_are_found_in_its_crops() -> None:
    frame = crop_frame()
    landmarks = np.stack([ARCFACE_POINTS * 3 + 100, np.full((5, 2), np.nan), np.full((5, 2), np.nan)])
    kinds = np.array([Alignment.LANDMARKS, Alignment.AS_GIVEN, Alignment.CENTRE], np.uint8)
    found = landmarks_for_forging(landmarks.astype(np.float32), np.zeros((3, 4)), kinds, frame)
    assert found.shape == (3, 5, 2)
    np.testing.assert_allclose(found[0], ARCFACE_POINTS, atol=1e-3)
    np.testing.assert_array_equal(found[1], ARCFACE_POINTS)
    assert np.isnan(found[2]).all()
