from pathlib import Path

import pytest

from common.errors import UserError
from common.pairs import PairCategory
from infer.pairs import find_pairs, read_labels

HEADER = "pair_id,label,synthetic0,synthetic1\n"


def test_pairs_are_sorted_and_any_suffix_will_do(tmp_path: Path) -> None:
    for name in ("b/0.png", "b/1.webp", "a/0.JPG", "é/0.jpg", "é/1.jpg", ".hidden/0.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [(pair.pair_id, pair.first.name, pair.second.name) for pair in find_pairs(tmp_path)]
    assert found == [("a", "0.JPG", "1.jpg"), ("b", "0.png", "1.webp"), ("é", "0.jpg", "1.jpg")]


def test_a_note_beside_a_photograph_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("0.jpg", "0.csv", "1.jpg", "1.JPEG.txt"):
        (tmp_path / "a" / name).write_bytes(b"")
    (pair,) = find_pairs(tmp_path)
    assert (pair.first.name, pair.second.name) == ("0.jpg", "1.jpg")


def test_no_pairs_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        find_pairs(tmp_path / "absent")
    with pytest.raises(UserError, match="no pairs in"):
        find_pairs(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match="no pairs in"):
        find_pairs(tmp_path)


def test_labels_become_categories(tmp_path: Path) -> None:
    assert read_labels(tmp_path) is None
    text = "\ufeff" + HEADER.replace(",", " , ") + "a,1,0,0\r\nb,0,0,0\nc,1,0,1\nd, 0 ,1,0\n"
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    assert read_labels(tmp_path) == {
        "a": PairCategory.SAME_PERSON,
        "b": PairCategory.DIFFERENT_PERSON,
        "c": PairCategory.SYNTHETIC,
        "d": PairCategory.SYNTHETIC,
    }


@pytest.mark.parametrize("line", ["b,2,0,0", "b,1,0", "b,1,0,0,0", "b,yes,0,0", "b", ""])
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "labels.csv").write_text(HEADER + "a,1,0,0\n" + line + "\n")
    with pytest.raises(UserError, match=r"labels\.csv, line 3: expected"):
        read_labels(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a,1,0,0\n", b"id;label\n", HEADER.encode() + b"\xff\xfe,1,0,0\n"])
def test_a_file_that_is_no_table_of_labels_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"labels\.csv"):
        read_labels(tmp_path)


def test_a_list_of_pairs_brings_its_labels(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("path1,path2,label,synthetic1,synthetic2\na/0.jpg,a\\1.jpg,1,0,0\nx.png,./a/0.jpg,0,,1\n")
    pairs = find_pairs(path)
    assert [pair.pair_id for pair in pairs] == ["2", "3"]
    assert (pairs[0].first, pairs[0].second) == (tmp_path / "a/0.jpg", tmp_path / "a/1.jpg")
    assert pairs[1].second == pairs[0].first, "one photograph is read once"
    assert read_labels(path) == {"2": PairCategory.SAME_PERSON, "3": PairCategory.SYNTHETIC}


@pytest.mark.parametrize("text", ["../a.jpg", "/etc/passwd", "a/../../b.jpg", "C:\\a.jpg"])
def test_a_list_does_not_leave_its_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / "test.csv").write_text(f"a.jpg,{text},0\n")
    with pytest.raises(UserError, match="leaves the folder of the list"):
        find_pairs(tmp_path / "test.csv")
