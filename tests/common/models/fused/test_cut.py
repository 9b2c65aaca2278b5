import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from align.crops.crop import crop_face
from common.formats.crop_frame import Template, crop_frame
from common.models.crop_settings import CropSettings
from common.models.fused.cut import Cut
from common.models.fused.wide_crop import frame_of, wide_crop
from common.runtime.errors import UserError

Crop = NDArray[np.uint8]
LANDMARKS = np.array([[110.2, 130.1], [160.7, 128.3], [136.4, 158.8], [114.9, 187.6], [157.2, 186.9]])


@pytest.mark.parametrize(
    ("template", "margin", "size", "most"),
    [
        (Template.LOOSE, 0.5, 224, 0.0),  # a slice
        (Template.LOOSE, 0.25, 168, 0.0),
        (Template.ARCFACE, 0.0, 112, 0.0),  # the crop itself
        (Template.ARCFACE, 0.0, 128, 0.0),  # the wider frame of multiples of 128
        (Template.ARCFACE, 0.0, 224, 3.0),  # averaged
        (Template.LOOSE, 0.3, 200, 3.0),
    ],
)
def test_the_arcface_crop_lies_where_a_wide_crop_is_cut(
    portraits: list[Crop], template: Template, margin: float, size: int, most: float
) -> None:
    photograph = portraits[0]
    wide = crop_frame(size, template, margin)
    own = crop_face(photograph, LANDMARKS)
    given = torch.from_numpy(crop_face(photograph, LANDMARKS, wide)).permute(2, 0, 1)[None]
    found = Cut(wide, crop_frame())(given)[0].permute(1, 2, 0).numpy().astype(np.float64)
    assert np.abs(found - own).mean() <= most + 0.01
    assert np.array_equal(found, found.round())


def test_a_cut_is_the_same_with_autocast(portraits: list[Crop]) -> None:
    cut = Cut(crop_frame(200), crop_frame())
    crops = torch.from_numpy(portraits[0][:200, :200].copy()).permute(2, 0, 1)[None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(cut(crops), cut(crops.double()))
    assert torch.equal(cut(crops), cut(crops.double()))


@pytest.mark.parametrize(
    ("classifier", "size", "wide"),
    [
        (None, 112, ("arcface", 112)),
        (CropSettings(), 64, ("arcface", 112)),  # the recogniser wants more
        (CropSettings(template="loose", margin=0.5), 224, ("loose", 224)),
        (CropSettings(template="loose", margin=0.5), 112, ("loose", 224)),
        (CropSettings(template="loose", margin=0.3), 112, ("loose", 180)),
        (CropSettings(size=300), 256, ("arcface", 256)),
    ],
)
def test_the_wide_crop_is_the_classifiers_and_as_large_as_both_want(
    classifier: CropSettings | None, size: int, wide: tuple[str, int]
) -> None:
    found = wide_crop(None, 112, classifier, size)
    assert (found.template, found.size) == wide
    if classifier is not None:
        assert found.margin == classifier.margin
    assert Cut(frame_of(found, found.size), crop_frame()).factor >= 1 - 1e-9


def test_templates_that_nothing_fixed_leads_between_are_refused() -> None:
    with pytest.raises(UserError, match=r"template 'box'.*--template loose"):
        wide_crop(None, 112, CropSettings(template="box"), 112)
    with pytest.raises(UserError, match="the recogniser was trained on crops of the template 'loose'"):
        wide_crop(CropSettings(template="loose"), 112, None, 112)
