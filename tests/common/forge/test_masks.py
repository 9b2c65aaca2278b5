import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.forge.chance import Chance
from common.forge.face import Face
from common.forge.face_shape import face_shape
from common.forge.masks import KINDS, face_mask, filled, outline, softened
from common.formats.crop_frame import ARCFACE_POINTS

FACE = Face(np.zeros((112, 112, 3), np.uint8), ARCFACE_POINTS)


def test_the_kinds_hold_less_and_less_and_all_hold_the_landmarks() -> None:
    masks = {kind: filled([outline(face_shape(FACE), kind)], 112) for kind in KINDS}
    areas = [float(masks[kind].mean()) for kind in KINDS]
    assert areas == sorted(areas, reverse=True) and areas[0] < 0.75 and areas[-1] > 0.1
    for kind, mask in masks.items():
        at = np.round(ARCFACE_POINTS[:3]).astype(int)
        assert (mask[at[:, 1], at[:, 0]] == 1).all(), kind
        assert (mask[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).all(), kind


def test_a_square_is_filled_where_it_is() -> None:
    square = np.array([[10.0, 20.0], [30.0, 20.0], [30.0, 50.0], [10.0, 50.0]])
    mask = filled([square], 64)
    assert mask.dtype == np.float32 and mask.shape == (64, 64)
    assert (mask[21:50, 11:30] == 1).all()
    assert mask[:18].max() == mask[53:].max() == mask[:, :8].max() == mask[:, 33:].max() == 0


@pytest.mark.parametrize("far", [1e3, 1e9, 1e30])
def test_a_corner_far_away_is_no_error(far: float) -> None:
    mask = filled([np.array([[10.0, -far], [far, -far], [far, far], [10.0, far]])], 32)
    assert mask[:, 12:].min() == 1 and mask[:, :8].max() == 0


def test_an_edge_is_softened_to_the_inside_and_outside() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    soft = softened(mask, 3.0)
    assert soft[32, 32] == pytest.approx(1, abs=1e-3) and soft[0, 0] == 0
    steps = np.diff(soft[32, :32])
    assert (steps >= -1e-6).all() and steps.max() < 0.2
    assert soft.sum() < mask.sum()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([32, 64, 112, 256]),
    st.lists(st.floats(-1e5, 1e5) | st.floats(0, 256), min_size=10, max_size=10),
)
def test_masks_lie_between_0_and_1_for_any_landmarks(seed: int, size: int, numbers: list[float]) -> None:
    face = Face(np.zeros((size, size, 3), np.uint8), np.array(numbers).reshape(5, 2))
    mask = face_mask(face, Chance(seed))
    assert mask.shape == (size, size) and mask.dtype == np.float32
    assert mask.min() >= 0 and mask.max() <= 1


@pytest.mark.parametrize("size", [32, 112, 256])
@pytest.mark.parametrize("kind", KINDS)
def test_a_face_is_covered_and_the_corners_of_its_crop_are_not(kind: str, size: int) -> None:
    face = Face(np.zeros((size, size, 3), np.uint8), ARCFACE_POINTS * (size / 112))
    for seed in range(20):
        chance = Chance(seed)
        mask = face_mask(face, chance, (kind,))
        assert chance.drawn["mask"] == kind
        x, y = np.round(face.landmarks[2]).astype(int)
        assert mask[y, x] > 0.5
        assert 0.05 < mask.mean() < 0.75
        assert mask[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 0.1
