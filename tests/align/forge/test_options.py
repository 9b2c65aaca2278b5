import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.forge.options import ForgeOptions
from common.forge.method_names import METHODS, parse_methods
from common.runtime.errors import UserError


@given(st.lists(st.sampled_from(METHODS), min_size=1, max_size=8), st.sampled_from([",", " , ", ",,"]))
def test_methods_in_any_order_mean_the_same(names: list[str], comma: str) -> None:
    assert parse_methods([comma.join(names)]) == tuple(name for name in METHODS if name in names)


def test_none_named_is_all_of_them() -> None:
    assert ForgeOptions().methods == METHODS


@pytest.mark.parametrize(("text", "told"), [("", "no method"), (",", "no method"), ("swaps", "'swap'")])
def test_unknown_methods_are_refused(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        parse_methods([text])


def test_options_stand_under_the_names_of_the_command_line() -> None:
    made = ForgeOptions(("swap", "self-blend"), 2, 7, 0.25)
    expected = {"methods": "swap,self-blend", "per-image": 2, "seed": 7, "post-process": 0.25}
    assert made.as_dict() == expected


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("per_image", 0, "per_image must lie between 1 and 100"),
        ("per_image", 101, "per_image must lie between 1 and 100"),
        ("seed", -1, "seed must be 0 or more"),
        ("post_process", -0.1, "post_process must lie between 0 and 1"),
        ("post_process", float("nan"), "post_process must lie between 0 and 1"),
    ],
)
def test_values_out_of_range_are_refused(name: str, value: float, told: str) -> None:
    with pytest.raises(UserError, match=told):
        ForgeOptions(**{name: value})  # type: ignore[arg-type]
