import pytest
from pydantic import ValidationError

from train.augment.config import KNOBS, AugmentConfig

RANGES = ("blur_sigma", "downscale_to", "jpeg_quality", "occlusion_area")


def test_every_field_is_a_knob_or_a_range() -> None:
    assert set(AugmentConfig.model_fields) == {*KNOBS, *RANGES}


def test_it_is_off_only_when_every_knob_is() -> None:
    nothing = dict.fromkeys(KNOBS, 0)
    assert AugmentConfig(**nothing).is_off
    assert not any(AugmentConfig(**nothing | {knob: 1 if knob == "shift" else 0.1}).is_off for knob in KNOBS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mirror", 1.1),
        ("shift", -1),
        ("shift", 33),
        ("scale", 0.6),
        ("contrast", 1),
        ("colour", float("nan")),
        ("saturation", float("inf")),
        ("blur_sigma", [0.0, 1.0]),
        ("blur_sigma", [1.0, 3.1]),
        ("jpeg_quality", [0, 90]),
        ("jpeg_quality", [30, 101]),
        ("downscale_to", [0.0, 0.5]),
        ("occlusion_area", [0.1, 0.6]),
        ("occlusion_area", [0.1]),
    ],
)
def test_values_out_of_range_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        AugmentConfig(**{field: value})


@pytest.mark.parametrize("field", RANGES)
def test_a_range_that_descends_is_refused(field: str) -> None:
    low, high = getattr(AugmentConfig(), field)
    with pytest.raises(ValidationError, match=f"{field} is .low, high., but {high} is above {low}"):
        AugmentConfig(**{field: [high, low]})
    assert getattr(AugmentConfig(**{field: [low, low]}), field) == (low, low)
