import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.colour_match import MOST_GAIN, matched_colours, transport, weighted_statistics

Crop = np.ndarray


def textured(seed: int, size: int = 32) -> np.ndarray:
    """Colours that vary together, far from black, white and the pure ones, (size, size, 3) float32 RGB."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(6, 14, 3)
    lab = rng.uniform([55, -3, -3], [65, 3, 3]) + rng.uniform(-1, 1, (size, size, 3)) @ axes.T
    return cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB) * np.float32(255)


def soft_disc(size: int = 32) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip(0.4 * size - np.hypot(rows, columns), 0, 1).astype(np.float32)


def lab_statistics(picture: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lab = cv2.cvtColor(picture / np.float32(255), cv2.COLOR_RGB2Lab).reshape(-1, 3)
    return np.average(lab, axis=0, weights=mask.ravel()), np.cov(lab.T, aweights=mask.ravel(), ddof=0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_mean_and_covariance_become_the_references(one: int, other: int) -> None:
    picture, reference, mask = textured(one), textured(other), soft_disc()
    matched = matched_colours(picture, reference, mask, 1.0)
    mean, covariance = lab_statistics(matched, mask)
    wanted_mean, wanted = lab_statistics(reference, mask)
    before = lab_statistics(picture, mask)[1]
    np.testing.assert_allclose(mean, wanted_mean, atol=0.3)
    if wanted[0, 0] < MOST_GAIN**2 * before[0, 0]:
        assert np.abs(covariance - wanted).max() < 1 + 0.12 * np.abs(wanted).max()


def test_the_share_goes_straight_from_none_to_all() -> None:
    picture, reference, mask = textured(1), textured(2), soft_disc()
    none, half, whole = (
        cv2.cvtColor(matched_colours(picture, reference, mask, share) / np.float32(255), cv2.COLOR_RGB2Lab)
        for share in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(none, cv2.cvtColor(picture / np.float32(255), cv2.COLOR_RGB2Lab), atol=0.5)
    np.testing.assert_allclose(half, (none + whole) / 2, atol=0.5)
    assert np.abs(whole - none).mean() > 1


def test_only_what_the_mask_shows_counts() -> None:
    picture, reference, mask = textured(3), textured(4), soft_disc()
    elsewhere = reference.copy()
    elsewhere[mask == 0] = 255
    np.testing.assert_array_equal(
        matched_colours(picture, reference, mask, 0.8), matched_colours(picture, elsewhere, mask, 0.8)
    )


@pytest.mark.parametrize("value", [0, 1, 128, 255])
@pytest.mark.parametrize("other", [0, 100, 255])
def test_a_picture_of_one_colour_takes_the_mean(value: int, other: int) -> None:
    flat = np.full((32, 32, 3), value, np.float32)
    matched = matched_colours(flat, np.full_like(flat, other), soft_disc(), 1.0)
    np.testing.assert_allclose(matched, other, atol=0.5)
    assert matched.min() >= 0 and matched.max() <= 255


def test_the_noise_of_a_flat_picture_is_not_blown_up() -> None:
    rng = np.random.default_rng(0)
    noise = (128 + rng.normal(0, 0.5, (32, 32, 3))).astype(np.float32)
    lab = np.full((32, 32, 3), 55, np.float32)
    lab[..., 1:] = rng.uniform(-30, 30, (32, 32, 2))  # many colours of one lightness
    reference = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * np.float32(255)
    matched = matched_colours(noise, reference, soft_disc(), 1.0)
    assert reference.std(axis=(0, 1)).max() > 30
    assert matched.std(axis=(0, 1)).max() < 15


def test_contrast_grows_no_further_than_allowed(crops: list[Crop]) -> None:
    dull = (128 + (crops[0].astype(np.float32) - 128) * np.float32(0.3)).astype(np.float32)
    mask = soft_disc(112)
    lightness = lab_statistics(matched_colours(dull, crops[1].astype(np.float32), mask, 1.0), mask)[1][0, 0]
    before, wanted = (lab_statistics(x.astype(np.float32), mask)[1][0, 0] for x in (dull, crops[1]))
    assert wanted > 2 * MOST_GAIN**2 * before  # would be asked for
    assert 1.3 < np.sqrt(lightness / before) < MOST_GAIN + 0.1


def test_without_a_mask_nothing_changes() -> None:
    picture = textured(6)
    matched = matched_colours(picture, textured(7), np.zeros((32, 32), np.float32), 1.0)
    np.testing.assert_array_equal(matched, picture)
    assert not np.shares_memory(matched, picture)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_transport_is_symmetric_and_gives_the_covariance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (root @ root.T + np.eye(3) for root in 20 * rng.normal(size=(2, 3, 3)))
    linear = transport(one, other)
    np.testing.assert_allclose(linear, linear.T, atol=1e-6 * np.abs(linear).max())
    np.testing.assert_allclose(linear @ one @ linear, other, atol=1e-6 * np.abs(other).max())
    assert np.linalg.eigvalsh(linear).min() > 0


def test_statistics_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.normal(50, 9, (200, 3)).astype(np.float32), rng.random(200).astype(np.float32)
    mean, covariance = weighted_statistics(values, weights)
    np.testing.assert_allclose(mean, np.average(values, axis=0, weights=weights), rtol=1e-4)
    np.testing.assert_allclose(covariance, np.cov(values.T, aweights=weights, ddof=0), atol=0.05)
