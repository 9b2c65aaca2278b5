import io

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from common.models.fused.scatter import SIZE, Scatter

Crop = NDArray[np.uint8]
DEVIATION = SIZE**-0.5
SCATTER = Scatter()


def as_batch(crops: list[Crop]) -> Tensor:
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)


def saved_again(crop: Crop, quality: int) -> Crop:
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def test_vectors_are_the_same_bits_for_the_same_picture_whatever_else_there_is(crops: list[Crop]) -> None:
    alone = torch.cat([SCATTER(as_batch([crop])) for crop in crops])
    together = SCATTER(as_batch(crops))
    assert together.shape == (6, SIZE) and torch.equal(alone, together)
    assert torch.allclose(together.norm(dim=1), torch.ones(6), atol=1e-6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(SCATTER(as_batch(crops)), together)


@settings(max_examples=20)
@given(quality=st.integers(60, 100), pixel=st.tuples(*[st.integers(0, 111)] * 2, st.integers(0, 2)))
def test_nearly_equal_pictures_are_as_far_apart_as_any_two(
    crops: list[Crop], quality: int, pixel: tuple[int, int, int]
) -> None:
    first = crops[0]
    changed = first.copy()
    changed[pixel] ^= 1
    brighter = np.clip(first.astype(np.int16) + 1, 0, 255).astype(np.uint8)
    near = [saved_again(first, quality), changed, brighter, first[:, ::-1].copy(), crops[1]]
    own, *others = SCATTER(as_batch([first, *near]))
    assert max(abs(float(own @ other)) for other in others) < 6 * DEVIATION


def test_any_size_of_crop_is_taken_and_all_of_it_counts() -> None:
    for size in (30, 112, 160):
        crop = np.random.default_rng(size).integers(0, 256, (size, size, 3), np.uint8)
        last = crop.copy()
        last[-1, -1, 2] ^= 1
        first, other = SCATTER(as_batch([crop, last]))
        assert abs(float(first @ other)) < 6 * DEVIATION
