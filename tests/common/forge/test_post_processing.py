from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.forge.chance import Chance
from common.forge.face import Face
from common.forge.methods import ONE_FACE
from common.forge.post_processing import STEPS, compressed_twice, post_processed
from common.formats.crop_frame import ARCFACE_POINTS

Crop = NDArray[np.uint8]


def decibels(image: Crop, original: Crop) -> float:
    return float(10 * np.log10(255**2 / np.square(image.astype(float) - original).mean()))


def blockiness(image: Crop, offset: int) -> float:
    """How much larger the steps across the lines x, y = offset (mod 8) are than those in between."""
    grey = image.astype(float).mean(axis=2)
    ratios = []
    for steps in (
        np.abs(np.diff(grey, 2, axis=1)).mean(axis=0),
        np.abs(np.diff(grey, 2, axis=0)).mean(axis=1),
    ):
        at_lines = (np.arange(len(steps)) + 1) % 8 == offset
        ratios.append(steps[at_lines].mean() / steps[~at_lines].mean())
    return float(np.mean(ratios))


@settings(max_examples=80, deadline=None)
@given(st.integers(16, 130), st.integers(0, 2**40), st.booleans())
def test_any_size_keeps_its_shape_and_grey_its_greyness(size: int, seed: int, grey: bool) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (size, size, 1 if grey else 3), dtype=np.uint8)
    image = np.broadcast_to(image, (size, size, 3)).copy()
    before = image.copy()
    processed = post_processed(image, Chance(seed))
    assert processed.shape == image.shape and processed.dtype == np.uint8
    assert not grey or (processed == processed[..., :1]).all()
    assert np.array_equal(image, before) and not np.shares_memory(image, processed)


@pytest.mark.parametrize("size", [16, 1024])
@pytest.mark.parametrize("step", STEPS)
def test_the_least_and_the_largest_crop_pass_every_step(step: str, size: int) -> None:
    image = np.full((size, size, 3), (200, 90, 40), np.uint8)
    for seed in range(4):
        processed = STEPS[step](image, Chance(seed))
        assert np.abs(processed.astype(int) - image).max() <= 3


def test_equal_seeds_give_equal_crops_and_records(crops: list[Crop]) -> None:
    first, second, other = Chance(5), Chance(5), Chance(6)
    processed = post_processed(crops[0], first)
    assert np.array_equal(processed, post_processed(crops[0], second)) and first.drawn == second.drawn
    assert not np.array_equal(processed, post_processed(crops[0], other))


def test_real_crops_lose_a_little_and_not_much(crops: list[Crop]) -> None:
    lost = [decibels(post_processed(crop, Chance([seed, 1])), crop) for crop in crops for seed in range(25)]
    assert min(lost) > 25 and np.median(lost) < 42 and max(lost) < 60


def test_every_step_is_drawn_alone_and_after_another(crops: list[Crop]) -> None:
    drawn: Counter[tuple[object, object]] = Counter()
    for seed in range(150):
        chance = Chance(seed)
        post_processed(crops[0][:32, :32], chance)
        drawn[chance.drawn["post_first"], chance.drawn.get("post_second")] += 1
    assert set(drawn) == {(a, b) for a in STEPS for b in (None, *STEPS) if a != b}


def test_jpeg_leaves_its_grid_and_that_of_the_first_pass_is_moved(crops: list[Crop]) -> None:
    shown, elsewhere, shifts = [], [], set()
    for seed in range(20):
        chance = Chance(seed)
        twice = [compressed_twice(crop, chance) for crop in crops]
        shown.append(np.mean([blockiness(image, 0) for image in twice]))
        elsewhere.append(np.mean([blockiness(image, 4) for image in twice]))
        shifts.add((chance.drawn["post_grid_x"], chance.drawn["post_grid_y"]))
    assert np.mean(shown) > np.mean(elsewhere) + 0.03
    assert len(shifts) > 10


def test_what_a_forgery_changed_is_mostly_still_there(crops: list[Crop]) -> None:
    for seed, crop in enumerate(crops):
        forged = ONE_FACE["reenactment"](Face(crop, ARCFACE_POINTS), Chance([seed, 0]))
        bona_fide, synthetic = (post_processed(image, Chance([seed, 1])) for image in (crop, forged))
        before = np.abs(forged.astype(float) - crop).mean()
        assert np.abs(synthetic.astype(float) - bona_fide).mean() > 0.5 * before
