from pathlib import Path

import pytest

from align.sources.csv_list import LEAVES, LISTED_TWICE, read_list
from align.sources.photograph import Photograph
from common.errors import UserError


def read(folder: Path, text: str, follow_links: bool = False) -> list[Photograph]:
    path = folder / "list.csv"
    path.write_bytes(text.encode())
    return read_list(path, follow_links)


def test_without_a_header_the_columns_are_path_identity_synthetic(tmp_path: Path) -> None:
    assert read(tmp_path, "b/1.jpg,boris,1\na/0.jpg,anna\nc.x/2.jpg\nd.jpg,, 0 \n\n ,\n") == [
        Photograph("a/0.jpg", "anna", False),
        Photograph("b/1.jpg", "boris", True),
        Photograph("c.x/2.jpg", "c.x/2", False),
        Photograph("d.jpg", "d", False),
    ]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_names_the_columns_in_any_order(tmp_path: Path, mark: str, end: str) -> None:
    lines = ["Synthetic,age, path ,identity", '1,40,"a, b/0.jpg",Жанна', "0,,b.jpg,", ",,c.jpg"]
    assert read(tmp_path, mark + end.join(lines)) == [
        Photograph("a, b/0.jpg", "Жанна", True),
        Photograph("b.jpg", "b", False),
        Photograph("c.jpg", "c", False),
    ]
    assert read(tmp_path, f"path{end}a.jpg{end}") == [Photograph("a.jpg", "a", False)]


def test_paths_that_leave_keep_their_row(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out.jpg").symlink_to(tmp_path / "0.jpg")
    text = "../0.jpg,anna,1\n/0.jpg\nC:\\0.jpg\na\0.jpg,zoe\nout.jpg,boris\na/../in.jpg,clara\n"
    assert read(tmp_path / "in", text) == [
        Photograph("../0.jpg", "anna", True, LEAVES),
        Photograph("/0.jpg", "/0", False, LEAVES),
        Photograph("C:\\0.jpg", "C:\\0", False, LEAVES),
        Photograph("a\0.jpg", "zoe", False, LEAVES),
        Photograph("in.jpg", "clara", False),
        Photograph("out.jpg", "boris", False, LEAVES),
    ]
    followed = {photograph.path: photograph.problem for photograph in read(tmp_path / "in", text, True)}
    assert followed["out.jpg"] is None and followed["../0.jpg"] == followed["/0.jpg"] == LEAVES


def test_the_later_of_two_rows_is_listed_twice(tmp_path: Path) -> None:
    assert read(tmp_path, "b.jpg,boris,1\na.jpg\n./b.jpg,other,0\nb.jpg\n../x.jpg\n../x.jpg\n") == [
        Photograph("../x.jpg", "../x", False, LEAVES),
        Photograph("../x.jpg", "../x", False, LEAVES),
        Photograph("a.jpg", "a", False),
        Photograph("b.jpg", "boris", True),
        Photograph("b.jpg", "other", False, LISTED_TWICE),
        Photograph("b.jpg", "b", False, LISTED_TWICE),
    ]


def test_the_rows_of_a_person_share_one_string(tmp_path: Path) -> None:
    first, _, third = read(tmp_path, "a.jpg,some one\nb.jpg,other\nc.jpg,some one\n")
    assert first.identity is third.identity


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "lists no photographs"),
        ("\n\n", "lists no photographs"),
        ("path,identity\n", "lists no photographs"),
        ("a.jpg\nb.jpg,anna,2\n", 'line 2: synthetic must be 0, 1 or empty, not "2"'),
        ("path,synthetic\n\na.jpg,fake\n", 'line 3: synthetic must be 0, 1 or empty, not "fake"'),
        ("file,identity,synthetic\na.jpg,anna,0\n", "line 1: synthetic must be .* path among them"),
        ("path,Path\na.jpg,b.jpg\n", "line 1: two columns are called path"),
        ("a.jpg\n,anna\n", "line 2: the path is missing"),
        ("identity,path\nanna\n", "line 2: the path is missing"),
        ("a, b/0.jpg,anna,0\n", "line 1: 4 columns where 3 belong"),
        ("path\na, b.jpg\n", "line 2: 2 columns where 1 belong"),
        ("a.jpg,an\0na\n", "line 1: the identity holds a NUL"),
        ('a.jpg\n"b"x\n', "line 2: not valid CSV"),
    ],
)
def test_a_malformed_list_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        read(tmp_path, text)
    assert "list.csv" in str(caught.value) and "\n" not in str(caught.value)


def test_columns_by_other_names_are_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,person,is_synthetic\na.jpg,anna,1\n")
    with pytest.raises(UserError, match="'person' is none of path, identity and synthetic"):
        read_list(tmp_path / "list.csv")
