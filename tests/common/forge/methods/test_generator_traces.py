"""Generator traces: what stands in the spectrum of a decoded face, and what is left as it was."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from common.forge.chance import Chance
from common.forge.face import Face, Floats
from common.forge.methods.generator_traces import DECODERS, generator_traces
from common.formats.crop_frame import ARCFACE_POINTS

SEEDS = range(6)
CUT = 108  # pixels; grids of two and of three divide it, so that their frequencies fall on single bins
Crop = NDArray[np.uint8]
Real = NDArray[np.floating]


def face_of(crop: Crop) -> Face:
    return Face(crop, ARCFACE_POINTS * (crop.shape[0] / 112))


def grey_picture(crop: Crop) -> Floats:
    return np.repeat(crop[2:110, 2:110].mean(axis=2, keepdims=True), 3, axis=2).astype(np.float32)


def power(picture: Real) -> Real:
    """The power spectrum of (N, N), its mean taken off and its border faded out by a Hann window."""
    window = np.hanning(len(picture) + 1)[:-1]
    return np.abs(np.fft.fft2((picture - picture.mean()) * np.outer(window, window))) ** 2


def grid_peak(picture: Real, grid: int) -> float:
    """The power at the frequencies of a grid, on that of the frequencies near them (Odena et al. 2016)."""
    spectrum, step = power(picture), len(picture) // grid
    at = [(a * step, b * step) for a in range(grid) for b in range(grid) if (a, b) != (0, 0)]
    span = range(-4, 5)
    near = [
        (row + r, column + c) for row, column in at for r in span for c in span if max(abs(r), abs(c)) > 2
    ]
    mean = [np.mean([spectrum[r % CUT, c % CUT] for r, c in points]) for points in (at, near)]
    return float(mean[0] / mean[1])


def steps(picture: Real) -> Real:
    """How far neighbours differ: periodic where blocks meet (as Gallagher, CRV 2005, for other kernels)."""
    return np.abs(np.diff(picture, axis=0, prepend=0)) + np.abs(np.diff(picture, axis=1, prepend=0))


def fine_share(picture: Real) -> float:
    """The share of power beyond half of the highest frequency, over all angles (Durall et al. 2020)."""
    frequency = np.fft.fftfreq(len(picture))
    radius = np.hypot(frequency[:, None], frequency)
    spectrum = power(picture)
    return float(spectrum[(radius > 0.25) & (radius <= 0.5)].sum() / spectrum.sum())


def decoded(kind: str, crop: Crop, seed: int) -> tuple[Real, Real, int]:
    """One channel of a picture and of what the decoder makes of it, and the grid."""
    picture, chance = grey_picture(crop), Chance(seed)
    after = DECODERS[kind](picture, 1.0, chance)
    return picture[..., 1].astype(float), after[..., 1].astype(float), int(chance.drawn.get("grid", 0))


@pytest.mark.parametrize("kind", DECODERS)
@pytest.mark.parametrize("side", [64, 112, 224])
def test_decoders_keep_size_and_input(crops: list[Crop], kind: str, side: int) -> None:
    picture = cv2.resize(crops[0], (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    before = picture.copy()
    after = DECODERS[kind](picture, side / 112, Chance(1))
    assert (after.shape, after.dtype) == (picture.shape, np.float32)
    assert np.array_equal(picture, before)
    difference = np.sqrt(((after - before) ** 2).mean())
    assert 0.5 < difference < 25, "changed, and still the same picture"


def test_a_transposed_convolution_leaves_a_checkerboard(crops: list[Crop]) -> None:
    for crop in crops:
        for seed in SEEDS:
            before, after, grid = decoded("transposed", crop, seed)
            assert grid_peak(before, grid) < 20
            assert grid_peak(after, grid) > 100


def test_nearest_upsampling_leaves_blocks(crops: list[Crop]) -> None:
    for crop in crops:
        for seed in SEEDS:
            before, after, grid = decoded("nearest", crop, seed)
            assert grid_peak(steps(before), grid) < 4
            assert grid_peak(steps(after), grid) > 12


@pytest.mark.parametrize("kind", ["bilinear", "smooth", "autoencoder"])
def test_fine_detail_is_lost_and_no_checkerboard_left(crops: list[Crop], kind: str) -> None:
    for crop in crops:
        for seed in SEEDS:
            before, after, _ = decoded(kind, crop, seed)
            assert fine_share(after) < 0.85 * fine_share(before)
            assert max(grid_peak(after, grid) for grid in (2, 3)) < 20


def test_bleeding_takes_colour_detail(crops: list[Crop]) -> None:
    picture = crops[0].astype(np.float32)
    after = DECODERS["autoencoder"](picture, 1.0, Chance(3))
    fine = [fine_share((image[..., 0] - image[..., 1]).astype(float)) for image in (picture, after)]
    assert fine[1] < 0.2 * fine[0]


def test_every_kind_is_drawn_alone_and_with_another(crops: list[Crop]) -> None:
    first, second, whole = set(), set(), set()
    for seed in range(60):
        chance = Chance(seed)
        generator_traces(face_of(crops[0]), chance)
        first.add(chance.drawn["decoder"])
        whole.add(chance.drawn["whole_crop"])
        if chance.drawn["two_decoders"]:
            assert chance.drawn["second_decoder"] != chance.drawn["decoder"]
            second.add(chance.drawn["second_decoder"])
    assert first == set(DECODERS) and len(second) > 2 and whole == {True, False}


def test_outside_of_the_face_a_part_forgery_is_the_photograph(crops: list[Crop]) -> None:
    seen = set()
    for seed in range(30):
        chance = Chance(seed)
        forged = generator_traces(face_of(crops[1]), chance)
        same = (forged == crops[1]).all(axis=2)
        corners = np.r_[same[:3, :3].ravel(), same[:3, -3:].ravel()]
        seen.add(chance.drawn["whole_crop"])
        if chance.drawn["whole_crop"]:
            assert same.mean() < 0.7
        else:
            assert corners.all() and not same[40:90, 40:75].all()
    assert seen == {True, False}


def test_smoothing_leaves_eyes_and_mouth_sharper(crops: list[Crop]) -> None:
    softened = {"eyes": 0.0, "skin": 0.0}
    for seed in range(80):
        chance = Chance(seed)
        noisy = crops[0].astype(float) + np.random.default_rng(seed).normal(0, 8, (112, 112, 1))
        image = np.clip(noisy, 0, 255).astype(np.uint8)
        forged = generator_traces(face_of(image), chance)
        if chance.drawn["decoder"] == "smooth" and not chance.drawn["two_decoders"]:
            for name, rows, columns in (
                ("eyes", slice(50, 54), slice(34, 43)),
                ("skin", slice(68, 76), slice(30, 42)),
            ):
                texture = [
                    np.std(np.diff(part[rows, columns, 1].astype(float), axis=1)) for part in (image, forged)
                ]
                softened[name] += texture[0] / texture[1]
    assert softened["skin"] > 1.3 * softened["eyes"] > 0


@given(seed=st.integers(0, 2**32), side=st.sampled_from([64, 112, 150]), data=st.data())
def test_any_landmarks_give_a_forgery(seed: int, side: int, data: st.DataObject) -> None:
    places = st.floats(-side, 2 * side).map(lambda place: round(place, 3))  # pixels
    landmarks = data.draw(arrays.arrays(np.float64, (5, 2), elements=places))
    image = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    before = image.copy()
    forged = generator_traces(Face(image, landmarks), Chance(seed))
    assert (forged.shape, forged.dtype) == (image.shape, np.uint8)
    assert np.array_equal(image, before)
    assert np.array_equal(forged, generator_traces(Face(image, landmarks), Chance(seed)))


@given(seed=st.integers(0, 2**32))
def test_a_grey_photograph_stays_grey(crops: list[Crop], seed: int) -> None:
    grey = np.repeat(crops[2][..., 1:2], 3, axis=2)
    forged = generator_traces(face_of(grey), Chance(seed))
    assert (forged == forged[..., :1]).all()
    assert not np.array_equal(forged, grey)
