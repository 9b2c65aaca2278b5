import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.blend import LEAST_POISSON_AREA, alpha_blended, padding, poisson_blended, to_image

Crop = np.ndarray


@pytest.fixture
def disc() -> np.ndarray:
    mask = np.zeros((112, 112), np.float32)
    cv2.circle(mask, (50, 60), 28, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), 2)


def test_to_image_rounds_and_clips() -> None:
    picture = np.array([[[-3.0, 0.4, 0.6], [254.6, 300.0, 127.5]]], np.float32)
    np.testing.assert_array_equal(to_image(picture), [[[0, 0, 1], [255, 255, 128]]])


def test_alpha_is_a_weighted_mean_that_keeps_the_rest_exactly(crops: list[Crop], disc: np.ndarray) -> None:
    above, below = crops[0].astype(np.float32), crops[1].astype(np.float32)
    kept = above.copy(), below.copy()
    blended = alpha_blended(above, below, disc)
    expected = above.astype(float) * disc[..., None] + below * (1 - disc[..., None].astype(float))
    np.testing.assert_allclose(blended, expected, atol=1e-2)
    np.testing.assert_array_equal(blended[disc == 0], below[disc == 0])
    np.testing.assert_array_equal(above, kept[0])
    np.testing.assert_array_equal(below, kept[1])


def test_poisson_puts_the_cut_where_it_was_and_takes_the_others_level(
    crops: list[Crop], disc: np.ndarray
) -> None:
    below = crops[0].astype(np.float32) * 0.5 + 60
    blended = poisson_blended(below + 40, below, disc)
    assert np.abs(blended - below).mean() < 1  # a constant has no gradient, and nothing has moved
    np.testing.assert_array_equal(blended[disc == 0], below[disc == 0])


def test_poisson_brings_the_gradients_of_the_upper_picture(crops: list[Crop], disc: np.ndarray) -> None:
    above, below = crops[0].astype(np.float32), np.full((112, 112, 3), 120, np.float32)
    blended = poisson_blended(above, below, disc)
    inside = cv2.erode(disc, np.ones((15, 15))) > 0.99
    for channel in range(3):
        assert np.corrcoef(blended[inside][:, channel], above[inside][:, channel])[0, 1] > 0.9


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_a_mask_too_small_for_poisson_gives_the_alpha_blend(crops: list[Crop], radius: int) -> None:
    mask = np.zeros((112, 112), np.float32)
    mask[50 - radius : 50 + radius, 50 - radius : 50 + radius] = 1
    assert mask.sum() < LEAST_POISSON_AREA
    above, below = crops[0].astype(np.float32), crops[1].astype(np.float32)
    np.testing.assert_array_equal(poisson_blended(above, below, mask), alpha_blended(above, below, mask))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([16, 33, 112]))
def test_poisson_takes_any_mask(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    mask = cv2.resize(rng.random((5, 5), dtype=np.float32), (size, size))
    above, below = rng.uniform(0, 255, (2, size, size, 3)).astype(np.float32)
    blended = poisson_blended(above, below, mask)
    assert blended.shape == (size, size, 3) and np.isfinite(blended).all()


def test_the_black_around_a_photograph_is_found_and_black_within_it_is_not(crops: list[Crop]) -> None:
    image = np.maximum(crops[0], 1)
    assert padding(image) is None
    image[40:60, 40:60] = 0  # black hair
    assert padding(image) is None
    image[:, :9] = 0
    image[100, 60] = 0
    found = padding(image)
    assert found is not None
    assert found[:, :9].all() and not found[:, 9:].any()
    assert padding(np.zeros((20, 20, 3), np.uint8)) is not None
