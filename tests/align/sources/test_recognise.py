import pytest

from align.sources.recognise import LayoutName, recognise


@pytest.mark.parametrize(
    ("paths", "layout"),
    [
        (["anna/0.jpg", "anna/1.jpg", "anna/2.jpg"], LayoutName.PEOPLE),
        (["anna/0.jpg", "cover.jpg"], LayoutName.PEOPLE),
        (["train/anna/0.jpg"], LayoutName.PEOPLE),
        (["fake/0.jpg", "fake/1.jpg", "real/0.jpg", "real/1.jpg"], LayoutName.REAL_FAKE),
        (["0001/0.jpg", "0001/1.jpg"], LayoutName.PAIRS),
        (["0.jpg", "1.jpg", "fake.jpg"], LayoutName.FLAT),
        ([], LayoutName.FLAT),
    ],
)
def test_the_first_layout_that_fits(paths: list[str], layout: LayoutName) -> None:
    assert recognise(paths, has_meta=False) is layout
    assert recognise(paths, has_meta=True, has_labels=True) is LayoutName.PEOPLE
    assert recognise(paths, has_meta=False, has_labels=True) is (
        LayoutName.REAL_FAKE if layout is LayoutName.REAL_FAKE else LayoutName.LABELS
    )


def test_the_names_are_those_of_the_option() -> None:
    assert list(LayoutName) == ["people", "real-fake", "pairs", "labels", "csv", "flat"]
