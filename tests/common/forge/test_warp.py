import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.chance import Chance
from common.forge.warp import affine_field, coordinates, displaced, smooth_field

Crop = np.ndarray
MIDDLE = np.array([55.5, 55.5])


def test_no_displacement_is_no_change(crops: list[Crop]) -> None:
    picture = crops[0].astype(np.float32)
    still = np.zeros((112, 112, 2), np.float32)
    np.testing.assert_array_equal(displaced(picture, still), picture)
    np.testing.assert_array_equal(displaced(picture[..., 0], still), picture[..., 0])
    assert np.abs(affine_field(112, MIDDLE, 0, 1, np.zeros(2))).max() == 0


def test_values_come_from_where_the_field_points(crops: list[Crop]) -> None:
    picture = crops[0].astype(np.float32)
    field = np.zeros((112, 112, 2), np.float32)
    field[..., 0], field[..., 1] = 3, -2
    moved = displaced(picture, field)
    np.testing.assert_array_equal(moved[2:, :-3], picture[:-2, 3:])
    np.testing.assert_array_equal(moved[2:, -1], picture[:-2, -1])  # the border repeats


def test_a_positive_shift_moves_to_the_right_and_down(crops: list[Crop]) -> None:
    picture = crops[0].astype(np.float32)
    moved = displaced(picture, affine_field(112, MIDDLE, 0, 1, np.array([4.0, 2.0])))
    np.testing.assert_allclose(moved[2:, 4:], picture[:-2, :-4], atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-30, 30),
    st.floats(0.7, 1.5),
    st.tuples(st.floats(20, 90), st.floats(20, 90)),
    st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
)
def test_an_affine_field_is_opencvs_rotation(
    angle: float, scale: float, middle: tuple[float, float], shift: tuple[float, float]
) -> None:
    matrix = cv2.getRotationMatrix2D(middle, angle, scale)  # anticlockwise about the middle
    matrix[:, 2] += shift
    inverse = cv2.invertAffineTransform(matrix)
    columns, rows = coordinates(112)
    expected = np.stack([columns, rows, np.ones_like(rows)], axis=2) @ inverse.T
    field = affine_field(112, np.array(middle), angle, scale, np.array(shift))
    np.testing.assert_allclose(field + np.stack([columns, rows], axis=2), expected, atol=1e-3)


@pytest.mark.parametrize("size", [32, 112, 256])
def test_a_smooth_field_is_as_strong_as_it_should_be_and_does_not_jump(size: int) -> None:
    fields = np.stack([smooth_field(Chance(seed), size, 4, 2.0) for seed in range(60)])
    assert fields.shape == (60, size, size, 2) and fields.dtype == np.float32
    assert 1.2 < fields.std() < 2.4
    assert abs(float(fields.mean())) < 0.3
    assert np.abs(np.diff(fields, axis=1)).max() < 2.0 * 4 * 2.5 * 4 / size


def test_coordinates_cannot_be_written_to() -> None:
    columns, rows = coordinates(16)
    assert columns[3, 5] == 5 and rows[3, 5] == 3
    with pytest.raises(ValueError):
        columns[0, 0] = 1
