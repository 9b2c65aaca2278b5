from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insightface.utils.face_align import norm_crop
from numpy.typing import NDArray

from align.crops.choose_face import choose_faces
from align.crops.crop import WIDEST, centre_square, crop_box, crop_face
from align.crops.options import FaceChoice
from align.detectors.detection import detect
from align.detectors.embedded import EmbeddedRetinaFace
from align.media.read import read_image
from common.formats.crop_frame import ARCFACE_POINTS, BoxSquare, Template, crop_frame, similarity_transform

Array = NDArray[np.uint8]


def assert_like_norm_crop(image: Array, landmarks: NDArray[np.float32], size: int = 112) -> None:
    ours, theirs = crop_face(image, landmarks, crop_frame(size)), norm_crop(image, landmarks, size)
    assert ours.shape == (size, size, 3) and ours.dtype == np.uint8
    apart = np.abs(ours.astype(int) - theirs.astype(int)).max(axis=2)
    assert (apart <= 1).mean() >= 0.999


@pytest.mark.parametrize("size", [112, 128, 224, 256, 384, 448])
def test_crops_equal_insightfaces_on_the_group_photograph(group_photograph: Array, size: int) -> None:
    faces = detect(EmbeddedRetinaFace(), group_photograph)
    assert len(faces) == 6
    for face in faces:
        assert_like_norm_crop(group_photograph, face.landmarks, size)


def test_the_loose_frame_shows_the_arcface_crop_in_its_middle(group_photograph: Array) -> None:
    landmarks = detect(EmbeddedRetinaFace(), group_photograph)[2].landmarks
    tight = crop_face(group_photograph, landmarks, crop_frame(112))
    loose = crop_face(group_photograph, landmarks, crop_frame(224, Template.LOOSE, 0.5))
    middle = loose[56:168, 56:168]
    assert np.abs(middle.astype(int) - tight).mean() < 3
    assert np.ptp(loose[:56].astype(int)) > 30


def test_the_middle_of_a_photograph() -> None:
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 10:30] = np.arange(20, dtype=np.uint8)[None, :, None]
    np.testing.assert_array_equal(centre_square(image, 20), image[:, 10:30])
    np.testing.assert_array_equal(centre_square(image, 10)[:, :, 0][0], np.arange(1, 20, 2))
    assert centre_square(image, 64).shape == (64, 64, 3)


def test_a_square_is_taken_pixel_by_pixel_and_turned_upright() -> None:
    image = np.random.default_rng(0).integers(1, 256, (90, 120, 3), np.uint8)
    np.testing.assert_array_equal(crop_box(image, BoxSquare(20, 10, 64, 0), 64), image[10:74, 20:84])
    np.testing.assert_array_equal(
        crop_box(image, BoxSquare(20, 10, 64, 3), 64), np.rot90(image[10:74, 20:84], 3)
    )
    halved = image[10:74, 20:84].reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(crop_box(image, BoxSquare(20, 10, 64, 0), 32) - halved).max() <= 0.5


@pytest.mark.parametrize(("left", "top"), [(-30, -20), (100, 70), (-30, 70), (-10, -15), (500, 500)])
def test_a_square_is_black_where_the_photograph_ends(left: int, top: int) -> None:
    image = np.random.default_rng(1).integers(1, 256, (90, 120, 3), np.uint8)
    side = 150
    around = np.pad(image, ((600, 600), (600, 600), (0, 0)))
    expected = around[600 + top : 600 + top + side, 600 + left : 600 + left + side]
    np.testing.assert_array_equal(crop_box(image, BoxSquare(left, top, side, 0), side), expected)


def test_a_huge_square_takes_no_memory_and_is_not_stretched() -> None:
    image = np.full((500, 60_000, 3), 200, np.uint8)
    side = 84_000
    crop = crop_box(image, BoxSquare(-12_000, 250 - side // 2, side, 0), 168)
    assert side > WIDEST and crop.shape == (168, 168, 3)
    assert (crop[83:85, 26:142] > 80).all() and (crop[:82] == 0).all() and (crop[86:] == 0).all()
    assert (crop[:, :23] == 0).all() and (crop[:, 145:] == 0).all()


def test_a_face_at_the_border_is_padded_with_black(group_photograph: Array) -> None:
    face = min(detect(EmbeddedRetinaFace(), group_photograph), key=lambda f: f.box[0])
    cut = group_photograph[:, round(float(face.landmarks[0, 0])) :]
    landmarks = face.landmarks - [round(float(face.landmarks[0, 0])), 0]
    assert_like_norm_crop(cut, landmarks)
    assert (crop_face(cut, landmarks)[50, :20] == 0).all()


@pytest.mark.shared
def test_crops_equal_insightfaces_on_real_photographs(shared: Path) -> None:
    detector = EmbeddedRetinaFace()
    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    assert len(paths) == 100
    for path in paths:
        image = read_image(path)
        (face,) = choose_faces(detect(detector, image), FaceChoice.CENTRAL, *image.shape[:2])
        assert_like_norm_crop(image, face.landmarks)


def test_landmarks_land_on_the_template(portraits: list[Array]) -> None:
    for image in portraits:
        landmarks = detect(EmbeddedRetinaFace(), image)[0].landmarks
        matrix = similarity_transform(landmarks, ARCFACE_POINTS)
        there = landmarks @ matrix[:, :2].T + matrix[:, 2]
        assert np.abs(there - ARCFACE_POINTS).max() < 14
        assert np.abs((there - ARCFACE_POINTS).mean(axis=0)).max() < 1e-3


@given(
    angle=st.floats(-np.pi, np.pi),
    scale=st.floats(0.01, 100),
    shift=st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_similarity_is_recovered(angle: float, scale: float, shift: tuple[float, float], seed: int) -> None:
    source = np.random.default_rng(seed).normal(0, 50, (5, 2))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.hstack([scale * rotation, np.array(shift)[:, None]])
    target = source @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(
        similarity_transform(source, target), matrix, rtol=1e-6, atol=1e-7 * scale + 1e-9
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_a_mirror_image_is_answered_with_a_rotation(seed: int) -> None:
    source = np.random.default_rng(seed).normal(0, 50, (5, 2))
    matrix = similarity_transform(source, source * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) >= 0
    assert matrix[0, 0] == pytest.approx(matrix[1, 1]) and matrix[0, 1] == pytest.approx(-matrix[1, 0])


@pytest.mark.parametrize("source", [np.full((5, 2), 7.0), np.zeros((5, 2)), np.full((5, 2), np.nan)])
def test_points_that_coincide_are_refused(source: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="coincide"):
        similarity_transform(source, ARCFACE_POINTS)
