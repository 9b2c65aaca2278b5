"""Forgeries over time: alike under one seed, anew under several."""

import numpy as np
from numpy.typing import NDArray

from common.forge.frames import Seen, forged_frames, side_of
from common.formats.crop_frame import ARCFACE_POINTS

Crop = NDArray[np.uint8]


def test_one_seed_changes_equal_frames_alike_and_several_do_not(crops: list[Crop]) -> None:
    seen = [Seen(crops[0], ARCFACE_POINTS)] * 3
    side = round(side_of(np.stack([ARCFACE_POINTS])))
    assert side == round(112 * 1.4)
    for method, donor in (("self-blend", None), ("swap", Seen(crops[1], ARCFACE_POINTS))):
        steady = forged_frames(seen, donor, method, [5, 5, 5], side)
        flickers = forged_frames(seen, donor, method, [5, 6, 7], side)
        assert all(np.array_equal(steady[0], frame) for frame in [*steady, flickers[0]])
        assert not np.array_equal(flickers[0], flickers[1])
        assert (steady[0] != crops[0]).any(axis=2).mean() > 0.02
