from collections.abc import Callable
from pathlib import Path

import pytest

from align.sources.folder import Folder
from align.sources.layouts import LayoutName, recognise

MakeFiles = Callable[..., Path]


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
def test_the_first_layout_that_fits(
    tmp_path: Path, make_files: MakeFiles, paths: list[str], layout: LayoutName
) -> None:
    root = make_files(tmp_path / "in", paths)
    assert recognise(Folder(root)) is layout
    if paths:
        (root / "list.csv").write_text(f"path,synthetic\n{paths[0]},1\n")
        assert recognise(Folder(root)) is (
            LayoutName.REAL_FAKE if layout is LayoutName.REAL_FAKE else LayoutName.LABELS
        )
        assert recognise(Folder(root / "list.csv")) is LayoutName.CSV
    (root / "meta.json").write_text("{}")
    flat = layout is LayoutName.FLAT and paths
    assert recognise(Folder(root)) is (LayoutName.FLAT if flat else LayoutName.PEOPLE)


def test_the_names_are_those_of_the_option() -> None:
    assert list(LayoutName) == ["people", "real-fake", "pairs", "labels", "csv", "flat"]
