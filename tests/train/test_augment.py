import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from train.augment import MAX_SHIFT, augment


@pytest.fixture(scope="module")
def batch(crops: list[NDArray[np.uint8]]) -> torch.Tensor:
    return torch.from_numpy(np.stack(crops * 4).transpose(0, 3, 1, 2).copy())


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_generator_is_the_only_source_of_randomness(batch: torch.Tensor) -> None:
    torch.manual_seed(1)
    first = augment(batch, seeded(5))
    state = torch.get_rng_state()
    torch.manual_seed(2)
    assert torch.equal(first, augment(batch, seeded(5)))
    assert not torch.equal(first, augment(batch, seeded(6)))
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state())


def test_shape_range_and_input_are_kept(batch: torch.Tensor) -> None:
    before = batch.clone()
    found = augment(batch, seeded(0))
    assert found.shape == batch.shape and found.dtype == torch.float32
    assert float(found.min()) >= 0 and float(found.max()) <= 255
    assert torch.equal(batch, before)
    assert len({tuple(image.flatten()[:500].tolist()) for image in found[::6]}) == 4  # one crop, four views


def test_every_view_is_the_crop_mirrored_or_shifted_and_relit(batch: torch.Tensor) -> None:
    """Each channel is a gain and an offset away from a shifted, perhaps mirrored crop: nothing is blurred."""
    found = augment(batch[:12], seeded(3))
    inner = slice(MAX_SHIFT + 20, -MAX_SHIFT - 20)
    mirrored = 0
    for crop, view in zip(batch[:12].double(), found.double(), strict=True):
        best = 0.0
        for flip in (False, True):
            image = crop.flip(2) if flip else crop
            for down in range(-MAX_SHIFT, MAX_SHIFT + 1):
                for right in range(-MAX_SHIFT, MAX_SHIFT + 1):
                    moved = torch.roll(image, (-down, -right), (1, 2))[1, inner, inner].flatten()
                    seen = view[1, inner, inner].flatten()
                    inside = (seen > 0) & (seen < 255)
                    alike = float(torch.corrcoef(torch.stack([moved[inside], seen[inside]]))[0, 1])
                    if alike > best:
                        best, is_mirrored = alike, flip
        assert best > 0.99999
        mirrored += is_mirrored
    assert 0 < mirrored < 12
