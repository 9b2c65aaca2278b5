import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from train.augment.augmentation import Augmentation
from train.augment.config import AugmentConfig
from train.augment.draws import Draw, Draws

Only = Callable[..., AugmentConfig]
Seeds = NDArray[np.uint64]


def configs() -> st.SearchStrategy[AugmentConfig]:
    probability = st.sampled_from([0, 0.5, 1])

    def between(low: float, high: float) -> st.SearchStrategy[list[float]]:
        return st.lists(st.floats(low, high), min_size=2, max_size=2).map(sorted)

    return st.builds(
        AugmentConfig,
        scale=st.floats(0, 0.5),
        shift=st.integers(0, 32),
        mirror=probability,
        contrast=st.floats(0, 0.99),
        brightness=st.floats(0, 0.99),
        colour=st.floats(0, 0.99),
        saturation=st.floats(0, 1),
        grey=probability,
        blur=probability,
        blur_sigma=between(0.1, 3),
        downscale=probability,
        downscale_to=between(0.01, 1),
        jpeg=probability,
        jpeg_quality=st.lists(st.integers(1, 100), min_size=2, max_size=2).map(sorted),
        occlusion=probability,
        occlusion_area=between(0.001, 0.5),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs(), st.integers(1, 50), st.integers(0, 2**62), st.integers(1, 9))
def test_a_view_depends_on_its_crop_and_seed_alone(config: Any, size: int, seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    crops = torch.from_numpy(rng.integers(0, 256, (count, 3, size, size), dtype=np.uint8))
    before, seeds = crops.clone(), rng.integers(0, 2**63, count)
    augmentation = Augmentation(config)
    views = augmentation(crops, seeds)
    assert views.shape == crops.shape and views.dtype == torch.uint8 and torch.equal(crops, before)
    order = rng.permutation(count)
    assert torch.equal(augmentation(crops[order], seeds[order]), views[order])
    assert all(torch.equal(augmentation(crops[[row]], seeds[[row]])[0], views[row]) for row in range(count))


@pytest.mark.slow
def test_splits_of_a_batch_threads_and_memory_layout_change_nothing(
    faces: Tensor, seeds: Seeds, lively: AugmentConfig
) -> None:
    augmentation = Augmentation(lively)
    views = augmentation(faces, seeds)
    for sizes in ([1, 47], [5, 3, 40], [16, 16, 16]):
        parts = zip(faces.split(sizes), np.split(seeds, np.cumsum(sizes)[:-1]), strict=True)
        assert torch.equal(torch.cat([augmentation(*part) for part in parts]), views)
    assert not faces.is_contiguous()
    assert torch.equal(augmentation(faces.contiguous(), seeds), views)
    threads = torch.get_num_threads()
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            assert torch.equal(augmentation(faces, seeds), views)
    finally:
        torch.set_num_threads(threads)


def test_the_seeds_are_the_only_source_of_randomness(
    faces: Tensor, seeds: Seeds, lively: AugmentConfig
) -> None:
    augmentation = pickle.loads(pickle.dumps(Augmentation(lively)))  # the way to a loader's worker
    torch.manual_seed(1)
    first = augmentation(faces, seeds)
    state = torch.get_rng_state()
    torch.manual_seed(2)
    assert torch.equal(Augmentation(lively)(faces, seeds.astype(np.int64)), first)
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state())
    others = augmentation(faces, seeds + np.uint64(100))
    assert not any(torch.equal(view, other) for view, other in zip(first, others, strict=True))
    assert len({view.numpy().tobytes() for view in first[::6]}) == 8  # one crop, eight seeds


def test_one_knob_does_not_move_the_others(faces: Tensor, seeds: Seeds, lively: AugmentConfig) -> None:
    views = Augmentation(lively)(faces, seeds)
    for knob in ("grey", "blur", "downscale", "jpeg", "occlusion"):
        without = Augmentation(lively.model_copy(update={knob: 0}))(faces, seeds)
        same = (views == without).flatten(1).all(dim=1)
        assert torch.equal(~same, torch.from_numpy(Draws(seeds).happens(Draw[knob.upper()], 0.5)))


def test_all_off_gives_the_crops_themselves(faces: Tensor, seeds: Seeds, only: Only) -> None:
    assert Augmentation(only())(faces, seeds) is faces
    for knobs in ({"shift": 1}, {"contrast": 0.1}, {"occlusion": 1}):
        views = Augmentation(only(**knobs))(faces, seeds)
        assert views.data_ptr() != faces.data_ptr() and not torch.equal(views, faces)


def test_an_empty_batch_stays_empty(lively: AugmentConfig) -> None:
    crops = torch.empty(0, 3, 112, 112, dtype=torch.uint8)
    assert Augmentation(lively)(crops, np.empty(0, np.uint64)).shape == crops.shape


def test_the_gentle_setting_is_the_formula_without_resampling(
    faces: Tensor, seeds: Seeds, gentle: AugmentConfig
) -> None:
    """Mirror, whole-pixel shift, contrast about the mean, brightness and colour gain, as written here."""
    draws = Draws(seeds)
    views = Augmentation(gentle)(faces, seeds)
    for row, view in enumerate(views.double().numpy()):
        image = np.pad(faces[row].double().numpy(), [(0, 0), (4, 4), (4, 4)], mode="edge")
        top, left = (int(draws.integer(draw, 0, 8)[row]) for draw in (Draw.DOWN, Draw.RIGHT))
        image = image[:, top : top + 112, left : left + 112]
        if draws.uniform(Draw.MIRROR)[row] < 0.5:
            image = image[:, :, ::-1]
        grey = image.mean()
        image = grey + (image - grey) * draws.uniform(Draw.CONTRAST, 0.8, 1.2)[row]
        gains = [draws.uniform(draw, 0.92, 1.08)[row] for draw in (Draw.RED, Draw.GREEN, Draw.BLUE)]
        image = image * draws.uniform(Draw.BRIGHTNESS, 0.8, 1.2)[row] * np.reshape(gains, (3, 1, 1))
        assert np.abs(image.clip(0, 255) - view).max() < 0.501


def test_the_gentle_setting_mixes_no_pixels(faces: Tensor, seeds: Seeds, gentle: AugmentConfig) -> None:
    """For one placement, each level of a channel becomes one level: every pixel is a relit copy of one."""

    def is_copy(image: Tensor, view: Tensor) -> bool:
        pairs = image.long() * 256 + view.long()
        return len(pairs.unique()) == len(image.unique())

    middle = slice(40, 72)
    views = Augmentation(gentle)(faces[:12], seeds[:12])
    for face, view in zip(faces, views, strict=False):
        placements = [
            image[1].roll((down, right), (0, 1))[middle, middle]
            for image in (face, face.flip(2))
            for down in range(-4, 5)
            for right in range(-4, 5)
        ]
        assert sum(is_copy(image, view[1, middle, middle]) for image in placements) == 1


@pytest.mark.parametrize(
    ("crops", "seeds"),
    [
        (torch.zeros(2, 3, 8, 8), np.zeros(2, np.uint64)),
        (torch.zeros(2, 8, 8, 3, dtype=torch.uint8), np.zeros(2, np.uint64)),
        (torch.zeros(3, 8, 8, dtype=torch.uint8), np.zeros(3, np.uint64)),
        (torch.zeros(2, 3, 8, 9, dtype=torch.uint8), np.zeros(2, np.uint64)),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), np.zeros(3, np.uint64)),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), np.zeros((2, 1), np.uint64)),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), np.zeros(2)),
    ],
)
def test_other_types_and_shapes_are_refused(crops: Tensor, seeds: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Augmentation(AugmentConfig())(crops, seeds)
