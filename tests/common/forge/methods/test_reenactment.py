import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.forge.chance import Chance
from common.forge.face import Face
from common.forge.methods.reenactment import CHANGES, reenactment
from common.formats.crop_frame import ARCFACE_POINTS

Crop = NDArray[np.uint8]

WILD = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=10, max_size=10)
NEAR = st.lists(st.floats(-60, 170), min_size=10, max_size=10)


def of(crop: Crop) -> Face:
    return Face(crop, ARCFACE_POINTS)


def change(image: Crop, original: Crop) -> NDArray[np.float64]:
    """(112, 112) grey levels."""
    return np.abs(image.astype(float) - original).mean(axis=2)


@settings(max_examples=100, deadline=None)
@given(st.one_of(WILD, NEAR), st.integers(16, 90), st.integers(0, 2**40), st.booleans())
def test_any_landmarks_and_sizes_give_an_image(
    numbers: list[float], size: int, seed: int, grey: bool
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (size, size, 1 if grey else 3), dtype=np.uint8)
    image = np.broadcast_to(image, (size, size, 3)).copy()
    before = image.copy()
    forged = reenactment(Face(image, np.array(numbers).reshape(5, 2)), Chance(seed))
    assert forged.shape == image.shape and forged.dtype == np.uint8
    assert not grey or (forged == forged[..., :1]).all()
    assert np.array_equal(image, before) and not np.shares_memory(image, forged)


@pytest.mark.parametrize("value", [0.0, -0.0, 56.0, 1e308])
def test_landmarks_that_coincide_do_not_stop_it(value: float, crops: list[Crop]) -> None:
    points = np.full((5, 2), value)
    points[4, 1] += 1e-275
    for seed in range(12):
        assert reenactment(Face(crops[0], points), Chance(seed)).shape == (112, 112, 3)


def test_equal_seeds_give_equal_forgeries_and_records(crops: list[Crop]) -> None:
    first, second, other = Chance(5), Chance(5), Chance(6)
    forged = reenactment(of(crops[0]), first)
    assert np.array_equal(forged, reenactment(of(crops[0]), second)) and first.drawn == second.drawn
    assert not np.array_equal(forged, reenactment(of(crops[0]), other))


def test_grey_faces_stay_grey(crops: list[Crop]) -> None:
    for seed in range(30):
        grey = np.repeat(crops[seed % 6].mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        forged = reenactment(of(grey), Chance(seed))
        assert (forged == forged[..., :1]).all()


def test_every_forgery_changes_its_parts_and_leaves_the_surroundings(crops: list[Crop]) -> None:
    seen = set()
    for seed in range(60):
        crop, chance = crops[seed % 6], Chance(seed)
        changed = change(reenactment(of(crop), chance), crop)
        parts = str(chance.drawn["changed"])
        seen.add(parts)
        eyes, mouth = changed[32:62, 24:88].mean(), changed[82:106, 36:76].mean()
        assert (eyes > 1.5) == ("eyes" in parts or "brows" in parts), chance.drawn
        assert (mouth > 1.5) == ("mouth" in parts), chance.drawn
        assert changed[:12].max() <= 1 and changed[:, :3].max() <= 1, chance.drawn
    assert seen == set(CHANGES)


def test_an_opened_mouth_is_darker_between_the_lips(crops: list[Crop]) -> None:
    found = 0
    for seed in range(60):
        chance = Chance(seed)
        skin = np.full((112, 112, 3), (190, 150, 130), np.uint8)
        forged = reenactment(of(skin), chance).astype(float).mean(axis=2)
        if chance.drawn.get("mouth") == "opened":
            middle = round(92.8 + float(chance.drawn["opening"]) / 2)
            assert forged[middle, 56] < 0.75 * forged[middle, 20]
            found += 1
        else:
            assert forged.min() > 135
    assert found > 5


def test_what_moved_is_softer_than_the_photograph(crops: list[Crop]) -> None:
    found = 0
    for seed in range(30):
        crop, chance = crops[seed % 6], Chance(seed)
        forged = reenactment(of(crop), chance)
        opened = chance.drawn.get("mouth") == "opened"  # what is between the lips has edges of its own
        if "mouth" in str(chance.drawn["changed"]) and not opened:
            part = np.s_[84:104, 40:72]
        elif "eyes" in str(chance.drawn["changed"]):
            part = np.s_[36:60, 28:84]
        else:
            continue
        found += 1
        details = [
            np.square(cv2.Laplacian(image.astype(np.float32), cv2.CV_32F)[part]) for image in (forged, crop)
        ]
        assert details[0].mean() < 0.6 * details[1].mean(), chance.drawn
    assert found > 15


def test_a_larger_crop_shows_the_same_expression(crops: list[Crop]) -> None:
    for seed in range(8):
        large = cv2.resize(crops[seed % 6], (336, 336), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        points = (ARCFACE_POINTS + 0.5) * 3 - 0.5
        forged = reenactment(of(crops[seed % 6]), Chance(seed)).astype(float)
        reduced = cv2.resize(
            reenactment(Face(large, points), Chance(seed)), (112, 112), interpolation=cv2.INTER_AREA
        )
        assert np.abs(forged - reduced).mean() < 3
        assert np.corrcoef(forged.ravel(), reduced.ravel())[0, 1] > 0.99


def test_a_turned_face_gets_the_turned_expression(crops: list[Crop]) -> None:
    """The axes of the change are those of the face, not of the crop."""
    upright, turned = crops[0], np.ascontiguousarray(np.rot90(crops[0]))
    points = np.column_stack([ARCFACE_POINTS[:, 1], 111 - ARCFACE_POINTS[:, 0]])
    for seed in range(6):
        first = reenactment(of(upright), Chance(seed)).astype(float)
        second = np.rot90(reenactment(Face(turned, points), Chance(seed)), -1).astype(float)
        assert np.abs(first - second).mean() < 0.2
