from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint
from common.models.classifier_ensemble import load_classifiers, mean_logits
from common.models.view_names import VIEW_NAMES, parse_views
from common.models.views import VIEWS, rotated, views_of
from common.runtime.errors import UserError

Make = Callable[..., Path]
Crops = list[NDArray[np.uint8]]


def test_tta_is_read_as_words_with_commas() -> None:
    assert parse_views(["mirror,rotate5"]) == parse_views(["rotate5"]) == ("mirror", "rotate5")
    assert parse_views([" none "]) == () and parse_views(["mirror", "mirror"]) == ("mirror",)
    assert tuple(VIEWS) == VIEW_NAMES
    for wrong in (["rotate6"], ["none,mirror"]):
        with pytest.raises(UserError, match="tta takes mirror, rotate5 with commas between, or none alone"):
            parse_views(wrong)


def test_turned_crops_are_bilinear_and_black_outside(crops: Crops) -> None:
    images = torch.from_numpy(np.stack(crops[:2])).permute(0, 3, 1, 2)
    left, right = rotated(images, 5.0), rotated(images, -5.0)
    assert left.dtype == torch.uint8 and left.shape == images.shape
    assert not left[:, :, 0, 0].any() and not right[:, :, -1, -1].any(), "nothing was there"
    middle = images[:, :, 55:57, 55:57].float().mean((2, 3))
    torch.testing.assert_close(left[:, :, 55:57, 55:57].float().mean((2, 3)), middle, atol=12, rtol=0)
    torch.testing.assert_close(rotated(images.flip(3), 5.0), right.flip(3), atol=1, rtol=0)
    kinds = list(views_of(images, ("mirror", "rotate5")))
    assert len(kinds) == 4 and torch.equal(kinds[0], images) and torch.equal(kinds[2], left)


def test_logits_are_the_mean_over_views_and_members(make_classifier: Make, crops: Crops) -> None:
    files = [make_classifier(OperatingPoint(temperature=2)), make_classifier(seed=1, size=48)]
    members = load_classifiers(files)
    images = torch.from_numpy(np.stack([crop[::3, ::3][:32, :32] for crop in crops])).permute(0, 3, 1, 2)
    first = members[0].classifier
    with torch.inference_mode():
        before = (first(images) + first(images.flip(3))) / 2
        assert torch.equal(first.score(images), before), "to the bit, as ever"
        assert torch.equal(first.score(images, ()), first(images))
        four = [first(view) for view in views_of(images, VIEW_NAMES)]
    torch.testing.assert_close(first.score(images, VIEW_NAMES), torch.stack(four).mean(0))
    alone = [mean_logits([member], crops, VIEW_NAMES) for member in members]
    np.testing.assert_allclose(mean_logits(members, crops, VIEW_NAMES), np.mean(alone, axis=0))
    assert not np.allclose(alone[0], mean_logits(members[:1], crops))
    with torch.no_grad():
        for weights in first.parameters():
            weights.fill_(torch.nan)
    with pytest.raises(UserError, match=r"classifier 1 of 2 \(timm:test_resnet\) gives logits"):
        mean_logits(members, crops)
