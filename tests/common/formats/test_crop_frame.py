import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats.crop_frame import (
    ARCFACE_POINTS,
    CropFrame,
    Template,
    crop_frame,
    landmarks_in_crop,
    shard_frame,
)
from common.formats.shards import ShardHeader
from common.runtime.errors import UserError


def test_a_shards_frame_is_that_of_its_header() -> None:
    plain = shard_frame(ShardHeader("detector", "ab", "arcface", 112))
    assert plain.size == 112
    np.testing.assert_array_equal(plain.points, ARCFACE_POINTS)
    loose = shard_frame(ShardHeader("detector", "ab", "loose", 224, 0.3))
    assert loose.size == 224
    np.testing.assert_array_equal(loose.points, crop_frame(224, Template.LOOSE, 0.3).points)
    assert np.ptp(loose.points[:, 0]) == pytest.approx(2 * np.ptp(ARCFACE_POINTS[:, 0]) / 1.6)


def test_a_shard_of_an_unknown_template_is_a_users_error() -> None:
    with pytest.raises(UserError, match="the template 'ffhq'"):
        shard_frame(ShardHeader("detector", "ab", "ffhq", 112))


@given(
    angle=st.floats(-180, 180),
    scale=st.floats(0.05, 50),
    shift=st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)),
    size=st.sampled_from([64, 112, 128, 224]),
)
def test_landmarks_that_are_the_template_turned_come_back_to_it(
    angle: float, scale: float, shift: tuple[float, float], size: int
) -> None:
    frame = crop_frame(size)
    turn = np.deg2rad(angle)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    photographed = frame.points @ matrix.T + shift
    np.testing.assert_allclose(landmarks_in_crop(photographed, frame), frame.points, atol=1e-5)


@given(st.lists(st.floats(-1e4, 1e4), min_size=10, max_size=10))
def test_landmarks_stay_where_the_frames_are_however_wild_the_face(numbers: list[float]) -> None:
    """The least squares fit shrinks what it cannot explain: no crop has landmarks far outside."""
    frame = crop_frame()
    found = landmarks_in_crop(np.array(numbers).reshape(5, 2), frame)
    middle = frame.points.mean(axis=0)
    if np.isfinite(found).all():
        np.testing.assert_allclose(found.mean(axis=0), middle, atol=1e-3)
        assert ((found - middle) ** 2).sum() <= ((frame.points - middle) ** 2).sum() * (1 + 1e-6)


@pytest.mark.parametrize("bad", [np.full((5, 2), 3.0), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_landmarks_that_are_none_are_nan(bad: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        found = landmarks_in_crop(bad, CropFrame(112, ARCFACE_POINTS))
    assert found.shape == (5, 2) and np.isnan(found).all()
