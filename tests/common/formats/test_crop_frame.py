import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats.crop_frame import (
    ARCFACE_POINTS,
    CropFrame,
    Template,
    box_square,
    crop_frame,
    crop_matrix,
    landmarks_in_crop,
    shard_frame,
)
from common.formats.shards import ShardHeader
from common.runtime.errors import UserError

NO_BOX = np.full(4, np.nan)  # which frames of landmarks do not look at


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
    np.testing.assert_allclose(landmarks_in_crop(photographed, NO_BOX, frame), frame.points, atol=1e-5)


@pytest.mark.parametrize(("angle", "quarters"), [(0, 0), (55, 0), (-55, 0), (80, 1), (175, 2), (-95, 3)])
def test_the_square_of_a_box_comes_to_the_crop_upright(angle: float, quarters: int) -> None:
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    landmarks = (ARCFACE_POINTS - 56) @ rotation.T * 2 + [300, 200]
    box = np.array([250.3, 120.2, 350.3, 280.2])
    frame = shard_frame(ShardHeader("detector", "ab", "box", 128, 0.2))
    square = box_square(landmarks, box, 0.2)
    assert (square.left, square.top, square.side, square.quarters) == (189, 89, 224, quarters)
    matrix = crop_matrix(landmarks, box, frame)
    low, high = 188.5, 412.5  # the outer edges of its pixels
    corners = np.array([[low, low - 100], [high, low - 100], [high, high - 100], [low, high - 100]])
    there = corners @ matrix[:, :2].T + matrix[:, 2]
    upright = np.array([[-0.5, -0.5], [127.5, -0.5], [127.5, 127.5], [-0.5, 127.5]])
    np.testing.assert_allclose(there, np.roll(upright, quarters, axis=0), atol=1e-9)
    eyes = landmarks_in_crop(landmarks, box, frame)[:2].mean(axis=0)
    assert eyes[1] < 64 or abs(angle) == 55, "above the middle"


@pytest.mark.parametrize("box", [[5, 5, 5, 5], [9, 9, 5, 5], [0, 0, np.inf, 9], [np.nan] * 4])
def test_a_box_without_extent_is_refused(box: list[float]) -> None:
    frame = crop_frame(112, Template.BOX, 0.2)
    with pytest.raises(ValueError, match="no extent"):
        crop_matrix(ARCFACE_POINTS, np.array(box), frame)
    assert np.isnan(landmarks_in_crop(ARCFACE_POINTS, np.array(box), frame)).all()


@given(st.lists(st.floats(-1e4, 1e4), min_size=10, max_size=10))
def test_landmarks_stay_where_the_frames_are_however_wild_the_face(numbers: list[float]) -> None:
    """The least squares fit shrinks what it cannot explain: no crop has landmarks far outside."""
    frame = crop_frame()
    found = landmarks_in_crop(np.array(numbers).reshape(5, 2), NO_BOX, frame)
    middle = frame.points.mean(axis=0)
    if np.isfinite(found).all():
        np.testing.assert_allclose(found.mean(axis=0), middle, atol=1e-3)
        assert ((found - middle) ** 2).sum() <= ((frame.points - middle) ** 2).sum() * (1 + 1e-6)


@pytest.mark.parametrize("bad", [np.full((5, 2), 3.0), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_landmarks_that_are_none_are_nan(bad: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        found = landmarks_in_crop(bad, NO_BOX, CropFrame(112, ARCFACE_POINTS))
    assert found.shape == (5, 2) and np.isnan(found).all()
