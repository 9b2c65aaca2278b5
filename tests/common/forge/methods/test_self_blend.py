import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.chance import Chance
from common.forge.face import Face
from common.forge.methods.self_blend import RATIOS, self_blend
from common.formats.crop_frame import ARCFACE_POINTS

Crop = np.ndarray


def test_the_face_changes_at_every_ratio(crops: list[Crop]) -> None:
    """The share of the moved copy may be small, but the change may not."""
    for seed in range(60):
        crop = crops[seed % 6]
        chance = Chance(seed)
        forged = self_blend(Face(crop, ARCFACE_POINTS), chance)
        inner = np.abs(forged.astype(int) - crop)[35:100, 30:82]
        assert chance.drawn["ratio"] in RATIOS
        assert inner.mean() > 1, chance.drawn
        assert inner.mean() < 50, chance.drawn


def test_a_quarter_of_the_moved_copy_shows_more_than_a_quarter_of_the_change(crops: list[Crop]) -> None:
    changes: dict[object, list[float]] = {ratio: [] for ratio in RATIOS}
    for seed in range(400):
        chance = Chance(seed)
        forged = self_blend(Face(crops[seed % 6], ARCFACE_POINTS), chance)
        if chance.drawn["source_is_changed"]:
            inner = np.abs(forged.astype(int) - crops[seed % 6])[35:100, 30:82]
            changes[chance.drawn["ratio"]].append(float(inner.mean()))
    assert np.median(changes["0.25"]) > 0.36 * np.median(changes["1"])
    assert np.median(changes["0.25"]) < np.median(changes["1"])


def test_where_the_source_was_changed_the_rest_is_the_photograph(crops: list[Crop]) -> None:
    seen = 0
    for seed in range(40):
        chance = Chance(seed)
        forged = self_blend(Face(crops[0], ARCFACE_POINTS), chance)
        corners = np.abs(forged.astype(int) - crops[0])[:10][:, [*range(8), *range(104, 112)]]
        if chance.drawn["source_is_changed"]:
            seen += 1
            assert corners.max() <= 3
    assert seen > 10


def test_both_kinds_of_sharpness_occur_and_show(crops: list[Crop]) -> None:
    """Where the photograph itself was changed, its background has lost detail, its edges are hard or soft."""
    detail: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(60):
        chance = Chance(seed)
        crop = crops[seed % 6]
        forged = self_blend(Face(crop, ARCFACE_POINTS), chance)
        if not chance.drawn["source_is_changed"]:
            edges = [
                np.abs(cv2.Laplacian(image.astype(np.float32), -1))[:20].mean() for image in (forged, crop)
            ]
            detail[bool(chance.drawn["sharpened"])].append(float(edges[0] / edges[1]))
    assert np.median(detail[False]) < 0.8
    assert np.median(detail[True]) > 1.3 * np.median(detail[False])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(32, 256),
    st.lists(st.floats(-1e5, 1e5) | st.floats(0, 256), min_size=10, max_size=10),
    st.booleans(),
)
def test_any_crop_and_any_landmarks_give_a_crop(
    seed: int, size: int, numbers: list[float], grey: bool
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (size, size, 1 if grey else 3), np.uint8)
    image = np.repeat(image, 3, axis=2) if grey else image
    kept = image.copy()
    forged = self_blend(Face(image, np.array(numbers).reshape(5, 2)), Chance(seed))
    assert forged.shape == (size, size, 3) and forged.dtype == np.uint8
    np.testing.assert_array_equal(image, kept)
    if grey:
        assert (forged == forged[..., :1]).all()


@pytest.mark.parametrize("size", [64, 224])
def test_a_crop_of_another_size_is_changed_in_the_same_way(crops: list[Crop], size: int) -> None:
    """Lengths are of the face, not of pixels: forging and resizing can be exchanged."""
    for seed in range(8):
        large = cv2.resize(crops[seed % 6], (size, size), interpolation=cv2.INTER_AREA)
        direct = self_blend(Face(large, ARCFACE_POINTS * (size / 112)), Chance(seed))
        resized = cv2.resize(
            self_blend(Face(crops[seed % 6], ARCFACE_POINTS), Chance(seed)),
            (size, size),
            interpolation=cv2.INTER_AREA,
        )
        assert (
            np.abs(direct.astype(int) - resized).mean()
            < 0.5 * np.abs(direct.astype(int) - large).mean() + 1.5
        )
