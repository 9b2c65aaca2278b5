from pathlib import Path

import pytest

from align.sources.folder import Folder
from align.sources.layouts.csv_list import LEAVES, LISTED_TWICE, photographs
from align.sources.photograph import Photograph
from align.sources.reading import Reading
from common.runtime.errors import UserError


def read(folder: Path, text: str, follow_links: bool = False) -> list[Photograph]:
    path = folder / "list.csv"
    path.write_bytes(text.encode())
    return photographs(Folder(path, Reading(allow_unlabelled=True), follow_links))


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
        Photograph("../0.jpg", "anna", True, f"{LEAVES} (by ..)"),
        Photograph(
            "/0.jpg", "/0", False, f"{LEAVES} (an absolute path that does not begin with {tmp_path}/in)"
        ),
        Photograph("C:\\0.jpg", "C:\\0", False, f"{LEAVES} (a drive letter of another system)"),
        Photograph("a\0.jpg", "zoe", False, f"{LEAVES} (it holds a NUL character)"),
        Photograph("in.jpg", "clara", False),
        Photograph("out.jpg", "boris", False, f"{LEAVES} (by a link; --follow-links follows it)"),
    ]
    followed = {photograph.path: photograph.problem for photograph in read(tmp_path / "in", text, True)}
    assert followed["out.jpg"] is None and followed["../0.jpg"] == f"{LEAVES} (by ..)"


def test_the_later_of_two_rows_is_listed_twice(tmp_path: Path) -> None:
    assert read(tmp_path, "b.jpg,boris,1\na.jpg\n./b.jpg,other,1\nb.jpg\n../x.jpg\n../x.jpg\n") == [
        Photograph("../x.jpg", "../x", False, f"{LEAVES} (by ..)"),
        Photograph("../x.jpg", "../x", False, f"{LEAVES} (by ..)"),
        Photograph("a.jpg", "a", False),
        Photograph("b.jpg", "boris", True),
        Photograph("b.jpg", "other", True, LISTED_TWICE),
        Photograph("b.jpg", "b", False, LISTED_TWICE),
    ]


def test_what_any_row_of_a_photograph_says_holds(tmp_path: Path) -> None:
    rows = "path,synthetic\na.jpg,\na.jpg,1\n./a.jpg,\nb.jpg,0\n"
    found = [
        (photograph.path, photograph.synthetic, photograph.problem) for photograph in read(tmp_path, rows)
    ]
    assert found[0] == ("a.jpg", True, None) and found[3] == ("b.jpg", False, None)
    assert [problem for _, _, problem in found] == [None, LISTED_TWICE, LISTED_TWICE, None]
    with pytest.raises(UserError, match=r"lines 3 and 6: a.jpg is called synthetic once"):
        read(tmp_path, rows + "a.jpg,0\n")


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
        ("path,synthetic\n\na.jpg,maybe\n", 'line 3: synthetic must be 0, 1 or empty, not "maybe"'),
        ("was,identity,synthetic\na.jpg,anna,0\n", "columns are 'was', 'identity', 'synthetic'.* --columns"),
        ("a.jpg,fake\nb.jpg,real\n", "line 1: the second column holds fake, real; say what it is in a first"),
        ("a.jpg,0\nb.jpg,1\n", "line 1: the second column holds 0, 1; say what it is in a first line"),
        ("b.jpg,boris,1\na.jpg\n./b.jpg,boris,0\n", "lines 1 and 3: b.jpg is called synthetic once and bona"),
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


def test_absolute_paths_in_the_folder_are_inside(tmp_path: Path) -> None:
    assert read(tmp_path, f"path,identity,synthetic\n{tmp_path}/p/a.jpg,a,1\n{tmp_path}/b.jpg,,0\n") == [
        Photograph("b.jpg", "b", False),
        Photograph("p/a.jpg", "a", True),
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Id,target_feature\n1,0\n2,1\n", [("images/1.jpg", "images/1", 0), ("images/2.JPG", "images/2", 1)]),
        ("path,person,is_synthetic\nimages/1.jpg,anna,1\n", [("images/1.jpg", "anna", 1)]),
        ("Image-Path,AI Generated\n1.jpg,1\n", [("images/1.jpg", None, 1)]),
        ("ImagePath,isFake\n1.jpg,1\n", [("images/1.jpg", None, 1)]),
        ("filename;label\n1.jpg;FAKE\n2.jpg;real\n", [("images/1.jpg", None, 1), ("images/2.JPG", None, 0)]),
        ("file\tis_real\n1.jpg\t0\n2.JPG\tTrue\n", [("images/1.jpg", None, 1), ("images/2.JPG", None, 0)]),
        (
            "label,path,split,is_query,is_gallery\n7,images/1.jpg,train,,\n8,images\\2.jpg,train,,\n",
            [("images/1.jpg", "7", 0), ("images/2.JPG", "8", 0)],
        ),
        (
            "label,label_str,path\n1,real,1.jpg\n0,fake,2.jpg\n",
            [("images/1.jpg", None, 0), ("images/2.JPG", None, 1)],
        ),
        ("path,label,synthetic\n1.jpg,anna,1.0\n", [("images/1.jpg", "anna", 1)]),
        ("/other/home/images/2.jpg,anna,1\n", [("images/2.JPG", "anna", 1)]),
    ],
)
def test_published_headers_and_names_that_are_written_otherwise(
    tmp_path: Path, text: str, wanted: list[tuple[str, str | None, int]]
) -> None:
    (tmp_path / "images").mkdir()
    for name in ("1.jpg", "2.JPG"):
        (tmp_path / "images" / name).touch()
    assert read(tmp_path, text) == [
        Photograph(path, identity or path[:-4], bool(synthetic)) for path, identity, synthetic in wanted
    ]


@pytest.mark.parametrize(
    ("text", "columns", "told"),
    [
        ("filename,label\n1.jpg,real\n2.jpg,odd\n", {}, "'label' says 'real' of some and 'odd' of others"),
        (
            "path,mood\n1.jpg,glad\n",
            {},
            "columns are 'path', 'mood', looked for were synthetic, target_feature",
        ),
        ("who,mood\na/1.jpg,glad\n", {}, "looked for were path, .* image_path, .* image_id, "),
        ("path,fake,spoof\n1.jpg,1,0\n", {}, "'fake' and 'spoof' both read as synthetic"),
        ("a,b\n1.jpg,0\n", {"path": "c"}, "--columns path=c, but no column has that name; .* 'a', 'b'"),
    ],
)
def test_columns_that_cannot_be_known_are_asked_for(
    tmp_path: Path, text: str, columns: dict[str, str], told: str
) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(UserError, match=told):
        photographs(Folder(tmp_path / "list.csv", Reading(columns=columns)))


def test_told_columns_go_before_names(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,where,label\nx,a.jpg,0\ny,b.jpg,1\n")
    columns = {"path": "Where", "bona-fide": "label"}
    assert photographs(Folder(tmp_path / "list.csv", Reading(columns=columns))) == [
        Photograph("a.jpg", "a", True),
        Photograph("b.jpg", "b", False),
    ]
