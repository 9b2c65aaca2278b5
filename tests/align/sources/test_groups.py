from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from align.sources.find import find_source
from align.sources.reading import AS_FOUND, Reading
from common.runtime.errors import UserError

MakeFiles = Callable[[Path, Iterable[str]], Path]


def groups(root: Path, reading: Reading = AS_FOUND) -> dict[str, tuple[str, ...]]:
    found = find_source(root, reading=reading)
    return {photograph.path: photograph.groups for photograph in found.photographs}


@pytest.mark.parametrize("frames", ["{}/0001.png", "{}_0001.png", "{}.png", "{}-x/c23/1.png"])
def test_source_videos_are_known_by_the_names_of_faceforensics(
    tmp_path: Path, make_files: MakeFiles, frames: str
) -> None:
    videos = {
        "original_sequences/000": ("000",),
        "original_sequences/003": ("003",),
        "manipulated_sequences/000_003": ("000", "003"),
        "manipulated_sequences/003_000_face2face": ("003", "000"),
    }
    wanted = {frames.format(name): found for name, found in videos.items()}
    assert groups(make_files(tmp_path, wanted)) == wanted
    assert "2 source videos by names as in FaceForensics++" in " ".join(find_source(tmp_path).taking.notes)


@pytest.mark.parametrize(
    "names",
    [
        ["real/000.png", "real/001.png", "fake/000.png"],  # numbers
        ["real/001_003.png", "fake/001_001.png", "fake/001_002.png"],  # a person and a number
        ["real/0001.png", "fake/0001_0002.png"],
        ["real/900.png", "fake/000_003.png"],  # of other videos
    ],
)
def test_other_numbers_are_no_videos(tmp_path: Path, make_files: MakeFiles, names: list[str]) -> None:
    assert set(groups(make_files(tmp_path, names)).values()) == {()}


def test_columns_of_a_table_tell_video_and_species(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["1.jpg", "2.jpg", "3.jpg"])
    text = (
        "filename,label,identity,video,method\n1.jpg,0,anna,v 1,\n2.jpg,1,anna,v 1,FaceSwap\n3.jpg,1,bo,,X\n"
    )
    (root / "list.csv").write_text(text)
    for place in (root, root / "list.csv"):
        found = find_source(place).photographs
        assert [photograph.groups for photograph in found] == [("v 1",), ("v 1",), ()]
        assert [photograph.species for photograph in found] == ["", "FaceSwap", "X"]
        assert [photograph.identity for photograph in found] == ["anna", "anna", "bo"]
    told = Reading(columns={"group": "method"})
    assert groups(root, told)["2.jpg"] == ("FaceSwap",)


def test_a_video_alone_does_not_say_what_is_synthetic(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["1.jpg", "2.jpg"])
    (root / "list.csv").write_text("path,method\n1.jpg,a\n2.jpg,b\n")
    with pytest.raises(UserError, match="no name is known for a column that says what is synthetic"):
        find_source(root / "list.csv")


def test_flags_that_are_neither_0_nor_1_are_counted(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, [f"{number}.jpg" for number in range(8)])
    rows = "".join(f"{number}.jpg,{number % 2}\n" for number in range(6))
    (root / "list.csv").write_text(f"filename,label\n{rows}6.jpg,O\n7.jpg,2\n")
    with pytest.raises(UserError, match=r"is 0 or 1 in 6 rows and something else in 2, such as 'O'"):
        find_source(root)
