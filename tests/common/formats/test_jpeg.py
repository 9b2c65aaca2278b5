import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.formats.jpeg import jpeg_round_trip

Crop = NDArray[np.uint8]


@settings(max_examples=40)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 100), st.integers(0, 2**32))
def test_any_size_keeps_its_shape_and_grey_its_greyness(
    height: int, width: int, quality: int, seed: int
) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width, 1), dtype=np.uint8).repeat(3, axis=2)
    before = grey.copy()
    coded = jpeg_round_trip(grey, quality)
    assert coded.shape == grey.shape and coded.dtype == np.uint8
    assert (coded == coded[..., :1]).all()
    assert np.array_equal(grey, before)
    assert np.array_equal(jpeg_round_trip(grey, quality), coded)


def test_a_higher_quality_changes_less(crops: list[Crop]) -> None:
    for crop in crops:
        errors = [
            np.square(jpeg_round_trip(crop, quality).astype(float) - crop).mean() for quality in (10, 50, 95)
        ]
        assert 0 < errors[2] < errors[1] < errors[0]


def test_channels_keep_their_order() -> None:
    orange = np.full((32, 32, 3), (250, 120, 10), np.uint8)
    assert np.abs(jpeg_round_trip(orange, 90).astype(int) - orange).max() <= 3


def test_a_view_with_gaps_in_memory_is_read_as_it_looks(crops: list[Crop]) -> None:
    view = crops[0][8:88:2, 100:20:-1]
    assert np.array_equal(jpeg_round_trip(view, 80), jpeg_round_trip(view.copy(), 80))
