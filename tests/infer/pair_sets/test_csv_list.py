from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.pairs import PairCategory
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.photographs import Photographs


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_list_of_pairs_brings_its_labels(tmp_path: Path) -> None:
    path = write(
        tmp_path / "test.csv",
        "path1,path2,label,synthetic1,synthetic2",
        "a/0.jpg,a\\1.jpg,1,0,0",
        "x.png,./a/0.jpg,0,,1",
        "a//1.jpg,y/../x.png,0,,",
    )
    found = find_pair_set(path)
    assert found.ids == ["2", "3", "4"]
    assert found.image_names == ["a/0.jpg", "a/1.jpg", "x.png"], "one photograph is listed once"
    assert found.images == [tmp_path / name for name in found.image_names]
    assert found.members.tolist() == [[0, 1], [2, 0], [1, 2]]
    assert found.members.dtype == "int64" and found.categories.dtype == "int8"
    categories = PairCategory.SAME_PERSON, PairCategory.SYNTHETIC, PairCategory.DIFFERENT_PERSON
    assert found.categories.tolist() == [category.code for category in categories]
    assert found.has_labels and not found.aligned
    assert (found.name, found.source) == ("test", str(path))


def test_the_photographs_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    path = write(tmp_path / "test.csv", "a.jpg,b.jpg,0")
    found = find_pair_set(path, tmp_path / "photographs")
    assert found.images == [tmp_path / "photographs/a.jpg", tmp_path / "photographs/b.jpg"]
    assert found.image_names == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("text", ["../a.jpg", "/etc/passwd", "a/../../b.jpg", "C:\\a.jpg", "..\\a.jpg", ".."])
def test_a_list_does_not_leave_its_folder(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "test.csv", "a.jpg,b.jpg,1", f"a.jpg,{text},0")
    with pytest.raises(UserError, match=r"test\.csv, line 2: .* leaves the folder"):
        find_pair_set(path)


def test_nor_does_it_by_a_link(tmp_path: Path) -> None:
    for name in ("root/in", "out", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "out/a.jpg").write_bytes(b"")
    (tmp_path / "root/in/a.jpg").write_bytes(b"")
    links = {"folder": "out", "file.jpg": "out/a.jpg", "own": "root/in", "dead.jpg": "absent"}
    for link, target in links.items():
        (tmp_path / "root" / link).symlink_to(tmp_path / target)
    for text in ("folder/a.jpg", "file.jpg", "dead.jpg", "own/../../out/a.jpg"):
        for folder, images in (("root", None), ("elsewhere", tmp_path / "root")):
            path = write(tmp_path / folder / "x.csv", f"{text},in/a.jpg,1")
            with pytest.raises(UserError, match=r"line 1: .* leaves the folder"):
                find_pair_set(path, images)
    found = find_pair_set(write(tmp_path / "root/x.csv", "own/a.jpg,in/absent.jpg,1"))
    assert found.image_names == ["own/a.jpg", "in/absent.jpg"]


def test_a_message_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text('a.jpg,"../\nb.jpg",1\n')
    with pytest.raises(UserError, match="leaves the folder") as raised:
        find_pair_set(tmp_path / "test.csv")
    assert "\n" not in str(raised.value)


def test_a_malformed_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 2: the label must be 1"):
        find_pair_set(write(tmp_path / "test.csv", "a.jpg,b.jpg,1", "a.jpg,b.jpg,2"))


@given(st.lists(st.text(st.sampled_from("ab./"), min_size=1, max_size=12), max_size=8))
def test_a_photograph_stays_in_its_folder_and_is_one_by_any_name(texts: list[str]) -> None:
    root = Path("/an/absent/folder")
    photographs = Photographs(root)
    for text in texts:
        row = photographs.row(text)
        if row is not None:
            resolved = (root / text).resolve()
            assert resolved.is_relative_to(root)
            assert Path(str(photographs.files[row])).resolve() == resolved
    assert len({str(path) for path in photographs.files}) == len(photographs.names)
