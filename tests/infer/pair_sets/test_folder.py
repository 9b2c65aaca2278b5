from pathlib import Path

import pytest

from common.formats.pair_category import PairCategory
from common.formats.pair_list import UNLABELLED
from common.runtime.errors import UserError
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.request import PairRequest

HEADER = "pair_id,label,synthetic0,synthetic1\n"


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_pairs_are_sorted_and_any_suffix_will_do(tmp_path: Path) -> None:
    touch(tmp_path, "b/0.png", "b/1.webp", "a/0.JPG", "é/0.jpg", "é/1.jpg", ".hidden/0.jpg", "c.jpg")
    found = find_pair_set(tmp_path)
    assert found.ids == ["a", "b", "é"]
    assert found.image_names == ["a/0.JPG", "a/1.jpg", "b/0.png", "b/1.webp", "é/0.jpg", "é/1.jpg"]
    assert found.images == [tmp_path / name for name in found.image_names]
    assert found.members.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert not found.has_labels and not found.aligned
    assert found.categories.tolist() == [UNLABELLED] * 3
    assert (found.name, found.source) == (tmp_path.name, str(tmp_path))


def test_a_note_beside_a_photograph_is_not_taken_for_it(tmp_path: Path) -> None:
    touch(tmp_path, "a/0.jpg", "a/0.csv", "a/1.jpg", "a/1.JPEG.txt", "a/0.bmp/x", "a/01.bmp")
    (tmp_path / "labels.csv").write_text(HEADER + "a,1,0,0\n")  # with 01.bmp they could be three of a person
    assert find_pair_set(tmp_path).image_names == ["a/0.jpg", "a/1.jpg"]


def test_a_folder_without_photographs_is_a_pair_where_others_are(tmp_path: Path) -> None:
    touch(tmp_path, "a/0.jpg", "b/note.txt")
    assert find_pair_set(tmp_path).image_names == ["a/0.jpg", "a/1.jpg", "b/0.jpg", "b/1.jpg"]


def test_no_pairs_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no pairs in"):
        find_pair_set(tmp_path)
    touch(tmp_path, "a/film.mp4")
    with pytest.raises(
        UserError, match=r"no pairs in .* \(but 1 videos \(\.mp4\)\); it needs a folder per person"
    ):
        find_pair_set(tmp_path)


def test_labels_become_categories(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{pair}/{side}.jpg" for pair in "abcde" for side in (0, 1)))
    text = "\ufeff" + HEADER.replace(",", " , ") + "a,1,0,0\r\nb,0,0,0\nc,1,0,1\nd, 0 ,1,0\nabsent,1,0,0\n"
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    found = find_pair_set(tmp_path, asked=PairRequest(allow_unlabelled=True))
    assert found.has_labels
    assert found.categories.tolist() == [
        PairCategory.SAME_PERSON.code,
        PairCategory.DIFFERENT_PERSON.code,
        PairCategory.SYNTHETIC.code,
        PairCategory.SYNTHETIC.code,
        UNLABELLED,
    ]


@pytest.mark.parametrize("line", ["b,2,0,0", "b,1,0", "b,1,0,0,0", "b,maybe,0,0", "b", ",1,0,0"])
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    touch(tmp_path, "a/0.jpg")
    (tmp_path / "labels.csv").write_text(HEADER + "a,1,0,0\n" + line + "\n")
    with pytest.raises(UserError, match=r"labels\.csv, line 3: expected"):
        find_pair_set(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a,1,0,0\n", b"id;label\n", HEADER.encode() + b"\xff\xfe,1,0,0\n"])
def test_a_file_that_is_no_table_of_labels_is_named(tmp_path: Path, content: bytes) -> None:
    touch(tmp_path, "a/0.jpg")
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"labels\.csv"):
        find_pair_set(tmp_path)


def test_links_within_the_folder_are_followed_and_others_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    touch(root, "a/0.jpg", "a/1.jpg", "b/1.jpg")
    touch(outside, "0.jpg", "1.jpg")
    (root / "b/0.jpg").symlink_to(root / "a/0.jpg")
    (root / "c").symlink_to(root / "a")
    (tmp_path / "link").symlink_to(root)  # the folder itself may be one
    assert find_pair_set(tmp_path / "link").image_names == [
        f"{pair}/{side}.jpg" for pair in "abc" for side in (0, 1)
    ]
    (root / "d").symlink_to(outside)
    with pytest.raises(UserError, match="d is a link out of the folder"):
        find_pair_set(root)
    assert find_pair_set(root, asked=PairRequest(follow_links=True)).ids == ["a", "b", "c", "d"]
    (root / "d").unlink()
    (root / "a/1.jpg").unlink()
    (root / "a/1.jpg").symlink_to(outside / "1.jpg")
    with pytest.raises(UserError, match=r"1\.jpg is a link out of the folder"):
        find_pair_set(root)


def test_a_dead_link_is_a_missing_photograph(tmp_path: Path) -> None:
    touch(tmp_path, "a/0.jpg")
    (tmp_path / "a/1.png").symlink_to(tmp_path / "a/absent.png")
    assert find_pair_set(tmp_path).image_names == ["a/0.jpg", "a/1.jpg"]


def test_the_set_is_called_as_its_folder_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "set.v1", "a/0.jpg")
    monkeypatch.chdir(tmp_path / "set.v1" / "a")
    assert find_pair_set(Path("..")).name == "set.v1"
    monkeypatch.chdir(tmp_path / "set.v1")
    assert find_pair_set(Path()).name == "set.v1"


@pytest.mark.parametrize("named", ["test", "test/images"])
def test_the_challenges_pairs_and_ids_that_lost_their_zeros(tmp_path: Path, named: str) -> None:
    touch(tmp_path, *(f"test/images/{pair:08d}/{side}.jpg" for pair in (1, 2) for side in (0, 1)))
    assert find_pair_set(tmp_path / named).ids == ["00000001", "00000002"]
    (tmp_path / "test" / "labels.csv").write_text(HEADER + "1,1,0,1\n2,1,0,0\n")
    found = find_pair_set(tmp_path / named)
    assert found.categories.tolist() == [PairCategory.SYNTHETIC.code, PairCategory.SAME_PERSON.code]
    assert any("2 of 2 labels matched by lost zeros" in note for note in found.notes)
    assert any("2 pairs labelled by" in note and "1 of them" in note for note in found.notes)


def test_labels_of_other_pairs_are_refused_and_of_some_told(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{pair}/{side}.jpg" for pair in "ab" for side in (0, 1)))
    (tmp_path / "labels.csv").write_text(HEADER + "x,1,0,0\n")
    with pytest.raises(UserError, match=r"labels\.csv labels none of the pairs: its ids are such as \"x\""):
        find_pair_set(tmp_path)
    (tmp_path / "labels.csv").write_text(HEADER + "a,1,0,0\n")
    assert any('1 of 2 pairs without a label, such as "b"' in note for note in find_pair_set(tmp_path).notes)
