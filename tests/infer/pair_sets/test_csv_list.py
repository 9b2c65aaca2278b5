from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.sources.boundary import Boundary
from common.formats.pair_category import PairCategory
from common.formats.pair_list import UNLABELLED
from common.runtime.errors import UserError
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.request import PairRequest


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_list_of_pairs_brings_its_labels(tmp_path: Path) -> None:
    touch(tmp_path, "a/0.jpg", "a/1.jpg", "x.png")
    path = write(
        tmp_path / "test.csv",
        "path1,path2,label,synthetic1,synthetic2",
        "a/0.jpg,a\\1.jpg,1,0,0",
        "x.png,./a/0.jpg,0,1,0",
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
    touch(tmp_path / "photographs", "a.jpg", "b.jpg")
    path = write(tmp_path / "test.csv", "a.jpg,b.jpg,0")
    found = find_pair_set(path, tmp_path / "photographs")
    assert found.images == [tmp_path / "photographs/a.jpg", tmp_path / "photographs/b.jpg"]
    assert found.image_names == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("text", ["../a.jpg", "/etc/passwd", "a/../../b.jpg", "C:\\a.jpg", "..\\a.jpg", ".."])
def test_a_list_does_not_leave_its_folder(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "test.csv", "a.jpg,b.jpg,1", f"a.jpg,{text},0")
    with pytest.raises(UserError, match=r"test\.csv, line 2: .* is outside the folder"):
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
            with pytest.raises(UserError, match=r"line 1: .* is outside the folder"):
                find_pair_set(path, images)
    found = find_pair_set(write(tmp_path / "root/x.csv", "own/a.jpg,in/absent.jpg,1"))
    assert found.image_names == ["own/a.jpg", "in/absent.jpg"]


def test_a_message_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text('a.jpg,"../\nb.jpg",1\n')
    with pytest.raises(UserError, match="is outside the folder") as raised:
        find_pair_set(tmp_path / "test.csv")
    assert "\n" not in str(raised.value)


def test_a_malformed_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 2: the label must be 1"):
        find_pair_set(write(tmp_path / "test.csv", "a.jpg,b.jpg,1", "a.jpg,b.jpg,2"))


@given(st.lists(st.text(st.sampled_from("ab./"), min_size=1, max_size=12), max_size=8))
def test_a_photograph_stays_in_its_folder_and_is_one_by_any_name(texts: list[str]) -> None:
    root = Path("/an/absent/folder")
    boundary = Boundary(root, follow_links=False)
    names = set()
    for text in texts:
        name = boundary.normalised(text)
        if name is not None:
            names.add(name)
            resolved = (root / text).resolve()
            assert resolved.is_relative_to(root)
            assert (root / name).resolve() == resolved
    assert len({str(root / name) for name in names}) == len(names)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    touch(tmp_path, "anna/0001.jpg", "anna/0002.jpg", "J\u00fcrgen/1.JPG", "images/bob/1.jpg")
    return tmp_path


def test_absolute_paths_inside_are_inside_and_others_are_told_so(photographs: Path) -> None:
    inside = f"{photographs}/anna/0001.jpg,{photographs}/anna/../anna/0002.jpg,1"
    found = find_pair_set(write(photographs / "x.csv", inside))
    assert found.image_names == ["anna/0001.jpg", "anna/0002.jpg"]
    path = write(photographs / "x.csv", inside, f"{photographs}/anna/0001.jpg,/elsewhere/anna/0002.jpg,0")
    with pytest.raises(
        UserError, match=r"line 2: '/elsewhere/.* is outside .*: an absolute path that does not"
    ):
        find_pair_set(path)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("anna/0001.JPG", "upper or lower case"),
        ("Anna/0001.jpg", "upper or lower case"),
        ("Ju\u0308rgen/1.JPG", "Unicode form"),
        ("bob/1.jpg", "a folder more or less"),
        ("anna/1.jpg", "lost zeros"),
        ("images\\anna\\0001.jpg", "a folder more or less"),
        ("anna/0001.png", "another image suffix"),
    ],
)
def test_paths_that_are_written_otherwise_are_found_and_told(
    photographs: Path, written: str, rule: str
) -> None:
    found = find_pair_set(write(photographs / "x.csv", f"{written},anna/0002.jpg,1"))
    assert all(isinstance(image, Path) and image.is_file() for image in found.images)
    (note,) = [note for note in found.notes if "not there as written" in note]
    assert rule in note


def test_missing_photographs_are_told_and_when_all_are_their_folder_is_asked_for(photographs: Path) -> None:
    path = write(photographs / "x.csv", "anna/0001.jpg,carl/1.jpg,1", "carl/2.jpg,carl/1.jpg,0")
    found = find_pair_set(path)
    assert found.image_names == ["anna/0001.jpg", "carl/1.jpg", "carl/2.jpg"]
    assert any("2 of 3 photographs are not in" in note and "--images?" in note for note in found.notes)
    write(path, "carl/1.jpg,carl/2.jpg,1")
    told = r"none of the photographs of .*: 2 files are missing .looked for first: .*carl/1\.jpg"
    with pytest.raises(UserError, match=told) as raised:
        find_pair_set(path)
    assert "name their folder with --images" in str(raised.value)
    (photographs / "empty").mkdir()
    with pytest.raises(UserError, match=r"lies in .*empty: .* name another folder with --images"):
        find_pair_set(path, photographs / "empty")


def test_a_folder_is_walked_only_for_what_is_not_there(
    photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("walked")

    monkeypatch.setattr("infer.pair_sets.listed_photographs.walk", never)
    find_pair_set(write(photographs / "x.csv", "anna/0001.jpg,anna/0002.jpg,1"))


def test_a_pair_that_is_listed_with_two_labels_is_refused(photographs: Path) -> None:
    path = write(photographs / "x.csv", "anna/0001.jpg,anna/0002.jpg,1", "anna\\0002.jpg,anna/0001.jpg,0")
    with pytest.raises(UserError, match="line 1 says that two photographs show one person, line 2"):
        find_pair_set(path)


def test_a_published_header_and_a_list_without_labels(photographs: Path) -> None:
    path = write(
        photographs / "x.csv", "pathA,pathB,label,deepfake_a,deepfake_b", "anna/0001.jpg,anna/0002.jpg,1,0,1"
    )
    assert find_pair_set(path).categories.tolist() == [PairCategory.SYNTHETIC.code]
    found = find_pair_set(write(path, "anna/0001.jpg;anna/0002.jpg"))
    assert not found.has_labels and found.categories.tolist() == [UNLABELLED]


def test_links_out_of_the_folder_can_be_followed(photographs: Path) -> None:
    (photographs / "list").mkdir()
    (photographs / "list/anna").symlink_to(photographs / "anna")
    path = write(photographs / "list/x.csv", "anna/0001.jpg,anna/0002.jpg,1")
    with pytest.raises(UserError, match="by a link; --follow-links follows it"):
        find_pair_set(path)
    assert len(find_pair_set(path, asked=PairRequest(follow_links=True)).images) == 2
