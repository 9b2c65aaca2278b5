import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from align.sources.find import Selection, Source, find_source
from align.sources.layouts import LayoutName
from align.sources.photograph import Photograph
from align.sources.reading import Reading
from align.sources.walk import LINK_OUT
from common.runtime.errors import UserError

MakeFiles = Callable[..., Path]


def found(source: Source) -> dict[str, tuple[str, bool]]:
    return {photograph.path: (photograph.identity, photograph.synthetic) for photograph in source.photographs}


def test_people_with_meta_json(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, ["real/0.jpg", "fake/0.jpg", "loose.jpg"])
    (tmp_path / "meta.json").write_text(json.dumps({"real/0.jpg": 1}))
    without = '2 of 3 photographs have no label, such as "fake/0.jpg" (nearest: "real/0.jpg")'
    with pytest.raises(UserError, match=re.escape(without)):
        find_source(tmp_path)
    source = find_source(tmp_path, reading=Reading(allow_unlabelled=True))
    doubt, *left = source.taking.left_over()
    assert "fake/0.jpg is called bona fide" in doubt and left == [without]
    assert (source.root, source.layout) == (tmp_path, LayoutName.PEOPLE)
    assert found(source) == {"fake/0.jpg": ("fake", False), "real/0.jpg": ("real", True)}


def test_meta_json_is_only_read_for_people(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, ["real/0.jpg", "fake/0.jpg"])
    (tmp_path / "meta.json").write_text("{")
    source = find_source(tmp_path, LayoutName.REAL_FAKE)
    assert found(source) == {"fake/0.jpg": ("fake/0", True), "real/0.jpg": ("real/0", False)}
    with pytest.raises(UserError, match=r"meta\.json is not valid JSON"):
        find_source(tmp_path)


def test_pairs_with_labels(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, ["7/0.jpg", "7/1.jpg"])
    (tmp_path / "labels.csv").write_text("pair_id,label,synthetic0,synthetic1\n7,1,0,1\n")
    source = find_source(tmp_path)
    assert source.layout is LayoutName.PAIRS
    assert found(source) == {"7/0.jpg": ("7", False), "7/1.jpg": ("7", True)}
    assert found(find_source(tmp_path, LayoutName.PEOPLE)) == {
        "7/0.jpg": ("7", False),
        "7/1.jpg": ("7", False),
    }


@pytest.mark.parametrize(("name", "layout"), [("list.CSV", None), ("list.txt", LayoutName.CSV)])
def test_a_list(tmp_path: Path, name: str, layout: LayoutName | None) -> None:
    for photograph in ("a.jpg", "b.jpg"):
        (tmp_path / photograph).touch()
    (tmp_path / name).write_text("b.jpg,boris,1\na.jpg,,0\n")
    source = find_source(tmp_path / name, layout)
    assert (source.root, source.layout) == (tmp_path, LayoutName.CSV)
    assert found(source) == {"a.jpg": ("a", False), "b.jpg": ("boris", True)}


def test_problems_are_rows_in_order(tmp_path: Path, make_files: MakeFiles) -> None:
    outside = make_files(tmp_path / "outside", ["x.jpg", "y/0.jpg"])
    root = make_files(tmp_path / "in", ["anna/0.jpg", "clara/0.jpg"])
    (root / "boris").symlink_to(outside)
    (root / "anna" / "1.jpg").symlink_to(outside / "x.jpg")
    assert find_source(root).photographs == [
        Photograph("anna/0.jpg", "anna", False),
        Photograph("anna/1.jpg", "anna", False, LINK_OUT),
        Photograph("boris", "boris", False, LINK_OUT),
        Photograph("clara/0.jpg", "clara", False),
    ]
    assert find_source(root, selection=Selection(follow_links=True)).photographs == [
        Photograph("anna/0.jpg", "anna", False),
        Photograph("anna/1.jpg", "anna", False),
        Photograph("boris/x.jpg", "boris", False),
        Photograph("boris/y/0.jpg", "boris", False),
        Photograph("clara/0.jpg", "clara", False),
    ]


def test_a_source_of_nothing_but_links_out_is_reported(tmp_path: Path, make_files: MakeFiles) -> None:
    outside = make_files(tmp_path / "outside", ["0.jpg"])
    root = make_files(tmp_path / "in", [])
    (root / "anna").symlink_to(outside)
    source = find_source(root)
    assert source == Source(root, root, LayoutName.PEOPLE, [Photograph("anna", "anna", False, LINK_OUT)])


def test_a_selection_leaves_layout_and_identities_alone(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, ["data/real/0.jpg", "data/fake/0.jpg", "data/fake/1.jpg"])
    part = find_source(tmp_path, selection=Selection(include=("*/fake/*",), limit=1))
    assert part.layout is LayoutName.REAL_FAKE and found(part) == {"data/fake/0.jpg": ("data/fake/0", True)}


@pytest.mark.parametrize(
    "selection", [Selection(include=("x*",)), Selection(("*",), ("*",)), Selection(limit=0)]
)
def test_a_selection_of_nothing_says_so(tmp_path: Path, make_files: MakeFiles, selection: Selection) -> None:
    make_files(tmp_path, ["a/0.jpg", "a/2.jpg"])
    with pytest.raises(
        UserError, match="--include, --exclude and --limit leave none of the 2 photographs in"
    ):
        find_source(tmp_path, selection=selection)


@pytest.mark.parametrize(
    ("layout", "needs"),
    [
        (None, "one subfolder per person with .avif"),
        (LayoutName.PEOPLE, "one subfolder per person with .avif"),
        (LayoutName.REAL_FAKE, "folders named real and fake"),
        (LayoutName.PAIRS, "subfolders PAIR_ID with the photographs 0.jpg and 1.jpg"),
        (LayoutName.FLAT, "photographs directly in it"),
    ],
)
def test_no_photographs_says_what_the_layout_needs(
    tmp_path: Path, make_files: MakeFiles, layout: LayoutName | None, needs: str
) -> None:
    with pytest.raises(UserError, match=f"no photographs in .*; it needs {needs}"):
        find_source(tmp_path, layout)
    make_files(tmp_path, ["anna/notes.txt", ".hidden/0.jpg"])
    with pytest.raises(UserError, match=f"no photographs in .*; it needs {needs}"):
        find_source(tmp_path, layout)


def test_photographs_that_do_not_fit_the_layout_are_no_source(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path / "people", ["anna/x.jpg"])
    make_files(tmp_path / "flat", ["x.jpg"])
    for layout in (LayoutName.REAL_FAKE, LayoutName.PAIRS, LayoutName.FLAT):
        with pytest.raises(UserError, match=r"no photographs in .*people; it needs"):
            find_source(tmp_path / "people", layout)
    with pytest.raises(UserError, match=r"no photographs in .*flat; it needs one subfolder per person"):
        find_source(tmp_path / "flat", LayoutName.PEOPLE)


def test_what_is_no_source_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such folder.*align sample"):
        find_source(tmp_path / "absent")
    with pytest.raises(UserError, match=r"no such folder.*align sample"):
        find_source(tmp_path / "absent.csv")
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(UserError, match=r"neither a folder nor a \.csv file"):
        find_source(tmp_path / "file.txt")
    with pytest.raises(UserError, match="is a file; name a folder, or leave out --layout flat"):
        find_source(tmp_path / "file.txt", LayoutName.FLAT)
    with pytest.raises(UserError, match=r"is a folder; name the \.csv file, or leave out --layout csv"):
        find_source(tmp_path, LayoutName.CSV)


def test_a_meta_json_about_other_paths_is_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["anna/0.jpg"])
    (root / "meta.json").write_text('{"boris/0.jpg": 1}')
    with pytest.raises(
        UserError, match=r'none of its 1 labels called synthetic.*"boris/0\.jpg" \(nearest: "anna/0'
    ):
        find_source(root)


def test_what_a_layout_passes_over_is_counted(tmp_path: Path, make_files: MakeFiles) -> None:
    source = find_source(make_files(tmp_path, ["anna/0.jpg", "anna/1.jfif", "loose.jpg"]))
    assert (len(source.photographs), source.passed_over, source.people, source.synthetic) == (2, 1, 1, 0)
