import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.chance import Chance
from common.forge.face import Face
from common.forge.methods.swap import swap
from common.formats.crop_frame import ARCFACE_POINTS

Crop = np.ndarray
INNER = np.s_[48:96, 36:76]


def grey(crop: Crop) -> Crop:
    return np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def detail(crop: Crop) -> np.ndarray:
    """What is left of a grey crop without its slow changes of light, in the inner face, of unit length."""
    light = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = (cv2.GaussianBlur(light, (0, 0), 1.5) - cv2.GaussianBlur(light, (0, 0), 8))[INNER]
    return fine / np.linalg.norm(fine)


def test_it_shows_the_one_face_in_the_photograph_of_the_other(crops: list[Crop]) -> None:
    for seed in range(30):
        shown, photograph = crops[seed % 6], crops[(seed + 1) % 6]
        chance = Chance(seed)
        forged = swap(Face(shown, ARCFACE_POINTS), Face(photograph, ARCFACE_POINTS), chance)
        alike = (detail(forged) * detail(shown)).sum()
        assert alike > 0.8, chance.drawn
        assert alike > (detail(forged) * detail(photograph)).sum() + 0.2, chance.drawn
        np.testing.assert_array_equal(forged[:8, :8], photograph[:8, :8])
        np.testing.assert_array_equal(forged[:8, -8:], photograph[:8, -8:])


def test_the_face_takes_the_colours_of_the_photograph(crops: list[Crop]) -> None:
    """Whatever the light it came from."""
    tinted = np.clip(crops[0] * np.array([0.5, 0.7, 1.2]), 0, 255).astype(np.uint8)
    for seed in range(20):
        photograph = crops[1 + seed % 5]
        forged = swap(Face(tinted, ARCFACE_POINTS), Face(photograph, ARCFACE_POINTS), Chance(seed))
        wanted, found, before = (crop[INNER].mean(axis=(0, 1)) for crop in (photograph, forged, tinted))
        assert np.abs(found - wanted).max() < 0.45 * np.abs(before - wanted).max() + 3


def test_the_face_has_less_detail_than_it_had(crops: list[Crop]) -> None:
    """A face put into its own photograph: all that changes is what the method leaves."""
    for seed in range(30):
        face = Face(crops[seed % 6], ARCFACE_POINTS)
        forged = swap(face, face, Chance(seed))
        edges = [np.abs(cv2.Laplacian(x[INNER].astype(np.float32), -1)).mean() for x in (forged, face.image)]
        assert 0.1 < edges[0] / edges[1] < 0.9


def marked_nose(landmarks: np.ndarray) -> Face:
    image = np.full((112, 112, 3), 120, np.uint8)
    x, y = np.round(landmarks[2] * 16).astype(int)
    cv2.circle(image, (int(x), int(y)), 5 * 16, (250, 20, 20), -1, shift=4)
    return Face(image, landmarks)


def nose_found(shown: Face, seed: int) -> np.ndarray:
    """Where the marked nose comes to lie in an empty photograph, (2,) x, y."""
    forged = swap(shown, Face(np.full_like(shown.image, 120), ARCFACE_POINTS), Chance(seed))
    marked = np.abs(forged.astype(float) - forged[55, 45]).sum(axis=2)[60:84, 42:70]
    rows, columns = np.mgrid[60:84, 42:70]
    return np.array([(columns * marked).sum(), (rows * marked).sum()]) / marked.sum()


def test_the_landmarks_of_the_face_come_to_those_of_the_photograph() -> None:
    turned = ARCFACE_POINTS @ np.array([[0.98, 0.1], [-0.1, 0.98]]) + np.array([4.0, -5.0])
    for seed in range(10):
        assert np.linalg.norm(nose_found(marked_nose(turned), seed) - ARCFACE_POINTS[2]) < 1


def test_a_landmark_that_no_affine_map_brings_there_comes_nearer() -> None:
    other = ARCFACE_POINTS + np.array([[0, 0], [0, 0], [6, 0], [0, 0], [0, 0]])
    template = np.hstack([ARCFACE_POINTS, np.ones((5, 1))])
    fitted = template @ np.linalg.lstsq(template, other, rcond=None)[0]
    left = float((other - fitted)[2, 0])
    assert left > 4
    for seed in range(10):
        off = nose_found(marked_nose(other), seed) - ARCFACE_POINTS[2]
        assert 0 < off[0] < 0.7 * left


def test_grey_stays_grey_and_colour_stays_colour(crops: list[Crop]) -> None:
    for seed in range(12):
        shown, photograph = crops[seed % 6], crops[(seed + 1) % 6]
        in_grey = swap(Face(shown, ARCFACE_POINTS), Face(grey(photograph), ARCFACE_POINTS), Chance(seed))
        assert (in_grey == in_grey[..., :1]).all()
        in_colour = swap(Face(grey(shown), ARCFACE_POINTS), Face(photograph, ARCFACE_POINTS), Chance(seed))
        found, wanted = (
            crop[INNER].mean(axis=(0, 1)) - crop[INNER].mean() for crop in (in_colour, photograph)
        )
        np.testing.assert_allclose(found, wanted, atol=12)


def test_the_black_beyond_the_picture_of_the_face_is_not_put_in(crops: list[Crop]) -> None:
    shown = np.maximum(crops[0], 30)
    shown[:, :40] = 0
    photograph = np.maximum(crops[1], 60)
    for seed in range(20):
        forged = swap(Face(shown, ARCFACE_POINTS), Face(photograph, ARCFACE_POINTS), Chance(seed))
        np.testing.assert_array_equal(forged[50:90, :34], photograph[50:90, :34])


@pytest.mark.parametrize("size", [64, 224])
def test_a_crop_of_another_size_is_changed_in_the_same_way(crops: list[Crop], size: int) -> None:
    """Lengths are of the face, not of pixels: forging and resizing can be exchanged."""
    for seed in range(8):
        pair = [crops[seed % 6], crops[(seed + 1) % 6]]
        sized = [cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in pair]
        points = ARCFACE_POINTS * (size / 112)
        direct = swap(Face(sized[0], points), Face(sized[1], points), Chance(seed))
        forged = swap(Face(pair[0], ARCFACE_POINTS), Face(pair[1], ARCFACE_POINTS), Chance(seed))
        resized = cv2.resize(forged, (size, size), interpolation=cv2.INTER_AREA).astype(int)
        assert np.abs(direct - resized).mean() < 0.4 * np.abs(direct.astype(int) - sized[1]).mean() + 1.5


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(32, 256),
    st.lists(st.floats(-1e5, 1e5) | st.floats(0, 256), min_size=20, max_size=20),
    st.tuples(st.booleans(), st.booleans()),
)
def test_any_crops_and_any_landmarks_give_a_crop(
    seed: int, size: int, numbers: list[float], greys: tuple[bool, bool]
) -> None:
    rng = np.random.default_rng(seed)
    images = [rng.integers(0, 256, (size, size, 3), np.uint8) for _ in range(2)]
    images = [grey(image) if is_grey else image for image, is_grey in zip(images, greys, strict=True)]
    kept = [image.copy() for image in images]
    points = np.array(numbers).reshape(2, 5, 2)
    faces = [Face(image, landmarks) for image, landmarks in zip(images, points, strict=True)]
    forged = swap(faces[0], faces[1], Chance(seed))
    assert forged.shape == (size, size, 3) and forged.dtype == np.uint8
    np.testing.assert_array_equal(forged, swap(faces[0], faces[1], Chance(seed)))
    for image, before in zip(images, kept, strict=True):
        np.testing.assert_array_equal(image, before)
    if greys[1]:
        assert (forged == forged[..., :1]).all()
