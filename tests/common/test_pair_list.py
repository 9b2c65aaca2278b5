import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import pair_list
from common.errors import UserError
from common.pair_list import MAX_LINE, MAX_PATH, NOT_SAID, PairList, read_pair_list
from common.pairs import PairCategory, category_of

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
        (b"\n\na,b\n", "line 3: a pair is path1,path2,label"),
        (b"a,b,\n", "line 1: the label must be 1 for one person or 0, not ''"),
        (b"a,b,1\nc,d,2\n", "line 2: the label must be 1 for one person or 0, not '2'"),
        (b"image1,image2,same\na,b,1\n", "line 1: the label must be .* name the columns in a first line"),
        (b"image1,image2,label\na,b,1\n", "line 1: no column is called path1"),
        (b"path1,path2,label,label\n", "line 1: two columns are called label"),
        (b"path1,path2,label,fake1,fake2\n", "line 1: 'fake1' is none of path1"),
        (b"a,,1\n", "line 1: a path is missing"),
        (b"a,b\0c,1\n", "line 1: a path holds a NUL character"),
        (b"a," + b"b" * (MAX_PATH + 1) + b",1\n", "line 1: a path is too long"),
        (b"a,b,1,2,0\n", "line 1: a synthetic flag must be 0, 1 or empty, not '2'"),
        (b"a,b,1,0,real\n", "line 1: a synthetic flag must be 0, 1 or empty, not 'real'"),
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
    if header or set(map(str.lower, rows[0])) & set(pair_list.COLUMNS):
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
