import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats import pair_list
from common.formats.pair_category import PairCategory, category_of
from common.formats.pair_columns import ROLES, is_header
from common.formats.pair_list import (
    MAX_LINE,
    MAX_PATH,
    NOT_SAID,
    UNLABELLED,
    PairList,
    read_pair_list,
    refuse_contradictions,
)
from common.runtime.errors import UserError

Row = tuple[str, str, str, str, str]
Reader = Callable[[bytes | str], PairList]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def do(data: bytes | str) -> PairList:
        path = tmp_path / "pairs.csv"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_pair_list(path)

    return do


def rows_of(found: PairList) -> list[tuple[str, str, int, int, int]]:
    flags = found.synthetic.tolist()
    return [
        (one, two, int(same), *own)
        for one, two, same, own in zip(found.first, found.second, found.same_person, flags, strict=True)
    ]


A_TO_B = ("a.jpg", "b.jpg", 1, NOT_SAID, NOT_SAID)


@pytest.mark.parametrize(
    "data",
    [
        "a.jpg,b.jpg,1",
        "a.jpg,b.jpg,1,,\n",
        "\n\r\n ,,\na.jpg , b.jpg ,\t1 \r\n\r\n",
        '\ufeff"a.jpg", "b.jpg", "1"\r\n',
        "a.jpg;b.jpg;1\n",
        "sep=;\r\na.jpg;b.jpg;1\r\n",
        "path1\tpath2\tlabel\na.jpg\tb.jpg\t1\n".encode("utf-16"),
        "path1,path2,label\na.jpg,b.jpg,1\n",
        "\ufeffPath1, Path2 ,LABEL\r\na.jpg,b.jpg,1\r\n",
        "label,path2,path1\r1,b.jpg,a.jpg\r",
        "path1,path2,label,synthetic1,synthetic2\na.jpg,b.jpg,1\n",
        "id,path1,path2,label,synthetic1,synthetic2\n7,a.jpg,b.jpg,1,,\n",
    ],
)
def test_every_way_to_write_a_pair(read: Reader, data: str) -> None:
    assert rows_of(read(data)) == [A_TO_B]


def test_flags_categories_and_lines(read: Reader) -> None:
    found = read('a,b,1,0,0\n\n"c,\nd",e,0,,\nf,g,1,0,1\nh,i,0,1\n')
    assert rows_of(found) == [
        ("a", "b", 1, 0, 0),
        ("c,\nd", "e", 0, NOT_SAID, NOT_SAID),
        ("f", "g", 1, 0, 1),
        ("h", "i", 0, 1, NOT_SAID),
    ]
    same, different, synthetic = (category.code for category in PairCategory)
    assert found.categories.tolist() == [same, different, synthetic, synthetic]
    assert found.categories.dtype == np.int8 and found.lines.tolist() == [1, 4, 5, 6]
    assert len(found) == 4 and found.source.name == "pairs.csv"


def test_paths_are_left_as_they_are(read: Reader) -> None:
    found = read("C:\\faces\\anna\\0.jpg,/data/../é ß/1.jpg,0")
    assert (found.first, found.second) == (["C:\\faces\\anna\\0.jpg"], ["/data/../é ß/1.jpg"])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "lists no pairs; it needs lines of path1,path2,label"),
        (b"path1,path2,label\n", "lists no pairs"),
        (b"\n\na\n", "line 3: a pair is path1,path2,label"),
        (b"\n\na,b\n", "line 3: the columns are 'a', 'b'; looked for path1 and path2 by these names"),
        (b"a,b,\n", "line 1: the label must be 1 for one person or 0, not ''"),
        (b"a,b,1\nc,d,2\n", "line 2: the label must be 1 for one person or 0, not '2'"),
        (b"a.jpg,b.jpg,same person\n", "line 1: the label must be .* name the columns in a first line"),
        (
            b"bild1,bild2,gleich\na,b,1\n",
            "line 1: the columns are 'bild1', .* --columns path1=NAME,path2=NAME",
        ),
        (b"id,image1,label\n7,a,1\n", "line 1: the columns are 'id', .*; looked for path1 and path2"),
        (b"path1,path2,label,label\n", "line 1: two columns are called label"),
        (b"path1,path2,label,same\n", "line 1: 'label' and 'same' both read as label; say which with"),
        (b"path1,path2,label,kind1,kind2\n", "it is not known what 'kind1' says.*--columns ignore=kind1"),
        (b"path1,path2,label,fake1\n", "it is not known what 'fake1' says"),
        (b"a,,1\n", "line 1: a path is missing"),
        (b"a,b\0c,1\n", "line 1: a path holds a NUL character"),
        (b"a," + b"b" * (MAX_PATH + 1) + b",1\n", "line 1: a path is too long"),
        (
            b"a,b,1,2,0\n",
            "line 1: a synthetic flag must be 0, 1, true, false, real or fake, or empty, not '2'",
        ),
        (b"a,b,1,0,perhaps\n", "line 1: a synthetic flag must be .* not 'perhaps'"),
        (b"a.jpg,b.jpg\nc.jpg,d.jpg,1\n", "line 2: 3 columns where 2 belong"),
        (b"a,b,c,d,1,0\n", 'line 1: 6 columns where 5 belong; put "…" around commas'),
        (b"path1,path2,label\na,b,1,0,0\n", "line 2: 5 columns where 3 belong"),
        (b'a,b,1\n"c"d,e,1\n', "line 2: not valid CSV"),
        (b'a,b,1\n"c,d,1\n', "line 2: not valid CSV"),
        (b"a,b,1\n\xff,b,1\n", "is not UTF-8"),
        (b"a,b,1\n" + b"x" * (MAX_LINE + 1), "line 2: longer than 65536 characters"),
        (b'"' + b"xxxxxxx\n" * 30_000, "not valid CSV .field larger than field limit"),
        (b"\0" * 1000, "line 1: a pair is path1,path2,label"),
    ],
)
def test_what_is_no_pair_list_is_named(read: Reader, data: bytes, told: str) -> None:
    with pytest.raises(UserError, match=rf"pairs\.csv.*{told}") as caught:
        read(data)
    assert len(str(caught.value)) < 400


def test_a_file_without_line_ends_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte of NULs
    with pytest.raises(UserError, match="line 1: longer than"):
        read_pair_list(path)


def test_the_number_of_pairs_is_bounded(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_list, "MAX_PAIRS", 2)
    assert len(read("a,b,1\nc,d,1\n")) == 2
    with pytest.raises(UserError, match="lists more than 2 pairs"):
        read("a,b,1\nc,d,1\ne,f,1\n")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        read_pair_list(tmp_path)
    with pytest.raises(UserError, match=r"cannot be read \(No such file or directory\)"):
        read_pair_list(tmp_path / "none.csv")


# without what is stripped, and the mark that is no text where it begins a file
TEXT = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="\ufeff")
PATHS = st.text(TEXT, min_size=1, max_size=9)
FLAGS = st.sampled_from(["", "0", "1"])


@given(
    st.lists(st.tuples(PATHS, PATHS, st.sampled_from("01"), FLAGS, FLAGS), min_size=1, max_size=9),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], header: bool, bom: bool, end: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    # a header whenever the first row could be taken for one
    if header or is_header(rows[0]):
        writer.writerow(pair_list.COLUMNS)
    writer.writerows(rows)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(text.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    expected = [
        (one, two, int(label), *(NOT_SAID if flag == "" else int(flag) for flag in flags))
        for one, two, label, *flags in rows
    ]
    found = read_pair_list(path)
    assert rows_of(found) == expected
    assert found.categories.tolist() == [
        category_of(label, max(0, one), max(0, two)).code for _, _, label, one, two in expected
    ]


@given(st.binary(max_size=200) | st.text("ab,01\n\r\" '\0", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        found = read_pair_list(path)
    except UserError:
        return
    assert len(found) == len(found.second) == len(found.lines) == len(found.synthetic) > 0
    assert all(found.first) and all(found.second)


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("pathA,pathB,label,deepfake_a,deepfake_b", None),
        ("img1,img2,issame,is_fake1,is_fake2", None),
        ("file1,file2,same,fake_1,fake_2", None),
        ("image_path_0,image_path_1,match,deepfake0,deepfake1", None),
        ("Left Image,Right Image,Is Same,left_fake,right_fake", None),
        ("reference,probe,genuine,synthetic1,synthetic2", None),
        ("links,rechts,gleich,f1,f2", "path1=links,path2=rechts,label=gleich,synthetic1=f1,synthetic2=f2"),
        ("img1,img2,same,kind1,kind2", " synthetic1 = kind1 , synthetic2=Kind2"),
    ],
)
def test_headers_of_other_lists_are_known_or_can_be_told(
    read: Reader, tmp_path: Path, header: str, asked: str | None
) -> None:
    text = f"{header}\na.jpg,b.jpg,True,1.0,0.0\nc.jpg,d.jpg,0,FALSE,FAKE\n"
    (tmp_path / "pairs.csv").write_text(text)
    found = read_pair_list(tmp_path / "pairs.csv", asked)
    assert rows_of(found) == [("a.jpg", "b.jpg", 1, 1, 0), ("c.jpg", "d.jpg", 0, 0, 1)]
    assert any("as path1" in note for note in found.notes) == ("path1" not in header)


def test_which_of_two_photographs_is_the_first(read: Reader) -> None:
    text = "path1,path0,label\nb.jpg,a.jpg,1\n"
    assert rows_of(read(text))[0][:2] == ("a.jpg", "b.jpg")


def test_columns_that_are_told_are_there_and_are_columns(read: Reader, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("img1,img2,same,quality\na.jpg,b.jpg,1,0.7\n")
    assert rows_of(read_pair_list(path, "ignore=quality")) == [A_TO_B]
    for asked, told in (
        (
            "path1=left",
            "path1=left, but no column has that name; the columns are 'img1', 'img2', 'same', 'quality'",
        ),
        ("first=img1", f"a role being one of {', '.join(ROLES)}"),
        ("img1", "takes ROLE=NAME"),
    ):
        with pytest.raises(UserError, match=told):
            read_pair_list(path, asked)


def test_a_list_without_labels(read: Reader) -> None:
    for text in ("a.jpg,b.jpg\nc/1,d/1\n", "img1,img2\na.jpg,b.jpg\nc/1,d/1\n"):
        found = read(text)
        assert not found.has_labels and found.first == ["a.jpg", "c/1"]
        assert found.categories.tolist() == [UNLABELLED] * 2
    flagged = read("path1,path2,synthetic1,synthetic2\na,b,0,1\nc,d,0,0\n")
    assert flagged.categories.tolist() == [PairCategory.SYNTHETIC.code, UNLABELLED]


def test_ids_of_the_list_where_they_are_distinct(read: Reader) -> None:
    assert read("id,pathA,pathB,label\nx,a,b,1\ny,c,d,0\n").ids == ["x", "y"]
    assert read("id,pathA,pathB,label\nx,a,b,1\nx,c,d,0\n").ids is None
    assert read("pair_id,id,pathA,pathB,label\n7,x,a,b,1\n8,x,c,d,0\n").ids == ["7", "8"]
    assert read("a,b,1").ids is None


def test_one_pair_with_two_labels_is_refused(read: Reader) -> None:
    members = np.array([[0, 1], [2, 3], [1, 0], [-1, 3]])
    with pytest.raises(
        UserError, match="line 1 says that two photographs show one person, line 3 of the same"
    ):
        refuse_contradictions(read("a,b,1\nc,d,0\nb,a,0\nx,d,1\n"), members)
    refuse_contradictions(read("a,b,1\nc,d,0\nb,a,1\nx,d,1\n"), members)
    flags = read("a,b,1,0,0\nc,d,0\nb,a,1,0,1\nx,d,1,1,0\n")
    with pytest.raises(UserError, match="line 3 calls a photograph synthetic that line 1 calls bona fide"):
        refuse_contradictions(flags, members)
    refuse_contradictions(flags, members, flags=False)
