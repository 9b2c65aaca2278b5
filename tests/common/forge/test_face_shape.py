import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.forge.face import Face
from common.forge.face_shape import FaceShape, face_shape, shares_of_landmarks
from common.formats.crop_frame import ARCFACE_POINTS

PARTS = tuple(FaceShape.__dataclass_fields__)


def shape_of(landmarks: NDArray[np.float64]) -> FaceShape:
    return face_shape(Face(np.zeros((112, 112, 3), np.uint8), landmarks))


def test_at_the_template_the_shape_is_the_mean_face_around_the_landmarks() -> None:
    shape = shape_of(ARCFACE_POINTS)
    left, right, nose, mouth_left, mouth_right = ARCFACE_POINTS
    for part, inside in [("left_eye", left), ("right_eye", right), ("nose", nose)]:
        points = getattr(shape, part)
        assert (points.min(axis=0) < inside).all() and (inside < points.max(axis=0)).all(), part
    assert abs(shape.mouth[:, 0].min() - mouth_left[0]) < 3
    assert abs(shape.mouth[:, 0].max() - mouth_right[0]) < 3
    assert shape.jaw[:, 1].max() > mouth_left[1] + 15
    assert shape.forehead[:, 1].max() < left[1]
    assert shape.brows[:, 1].max() < shape.left_eye[:, 1].max()


def test_the_mean_face_is_symmetric() -> None:
    shape = shape_of(ARCFACE_POINTS)
    middle = ARCFACE_POINTS[:2, 0].mean()
    for part in ("jaw", "forehead", "brows", "nose", "mouth"):
        points = getattr(shape, part)
        mirrored = np.column_stack([2 * middle - points[:, 0], points[:, 1]])
        apart = np.linalg.norm(points[:, None] - mirrored[None], axis=2).min(axis=1)
        assert apart.max() < 1e-6, part


def test_points_stay_where_they_are_at_the_template() -> None:
    points = np.array([[3.0, 5.0], [56.0, 70.0], [111.0, 90.0]])
    np.testing.assert_allclose(shares_of_landmarks(points) @ ARCFACE_POINTS, points, atol=1e-9)


@pytest.mark.slow
@given(
    angle=st.floats(-180, 180),
    scale=st.floats(0.2, 8),
    stretch=st.floats(0.5, 2),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_the_shape_follows_shifts_turns_and_stretches_of_the_landmarks(
    angle: float, scale: float, stretch: float, shift: tuple[float, float]
) -> None:
    turn = np.deg2rad(angle)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.diag([1, stretch])
    before, after = shape_of(ARCFACE_POINTS), shape_of(ARCFACE_POINTS @ matrix.T + shift)
    for part in PARTS:
        np.testing.assert_allclose(getattr(after, part), getattr(before, part) @ matrix.T + shift, atol=1e-6)


def test_one_landmark_pulls_what_is_near_it_most() -> None:
    moved = ARCFACE_POINTS.copy()
    moved[3:, 1] += 6  # the mouth, lower than an affine map of the eyes and the nose would have it
    moved[2, 1] -= 3
    before, after = shape_of(ARCFACE_POINTS), shape_of(moved)
    down = {part: float((getattr(after, part) - getattr(before, part))[:, 1].mean()) for part in PARTS}
    assert down["mouth"] > 4
    assert abs(down["left_eye"]) < 2
    assert down["left_eye"] == pytest.approx(down["right_eye"], abs=0.5)
