from pathlib import Path

import pytest

from common.formats.csv_rows import csv_form, read_csv_rows
from common.runtime.errors import UserError

TABLE = [["path", "synthetic"], ["a, b/1.jpg", "1"], ["Ж;x.jpg", "0"]]


def quoted(cell: str, separator: str) -> str:
    return f'"{cell}"' if separator in cell else cell


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("separator", "told", "named"),
    [(",", "", ""), (";", "", "semicolons"), ("\t", "", "tabs"), (";", "sep=;", "semicolons")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(
    tmp_path: Path, encoding: str, separator: str, told: str, named: str, end: str
) -> None:
    lines = [separator.join(quoted(cell, separator) for cell in row) for row in TABLE]
    path = tmp_path / "list.csv"
    path.write_bytes("".join(line + end for line in ([told] if told else []) + lines).encode(encoding))
    rows = list(read_csv_rows(path))
    assert [row for _, row in rows] == TABLE
    assert [number for number, _ in rows] == [number + bool(told) for number in (1, 2, 3)]
    assert str(csv_form(path)).startswith(named) and ("UTF-16" in str(csv_form(path))) == ("16" in encoding)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a.jpg,anna,1\nb.jpg\n", [["a.jpg", "anna", "1"], ["b.jpg"]]),
        ("a.jpg;anna;1\nb.jpg;boris\n", [["a.jpg", "anna", "1"], ["b.jpg", "boris"]]),
        ("path\na;b.jpg\n", [["path"], ["a;b.jpg"]]),
        ("a;b.jpg\nc.jpg\n", [["a;b.jpg"], ["c.jpg"]]),
        ("a;x,1\nb;y,0\n", [["a;x", "1"], ["b;y", "0"]]),
        ('"a;\nb",1\n', [["a;\nb", "1"]]),
        ("sep=|\na|b,c\n", [["a", "b,c"]]),
        ("", []),
    ],
)
def test_the_separator_is_that_of_the_first_rows(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    (tmp_path / "list.csv").write_text(text)
    assert [row for _, row in read_csv_rows(tmp_path / "list.csv")] == rows


def test_a_file_in_another_encoding_says_from_where(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"a\n" * 9000 + "é\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"list\.csv is not UTF-8, below line \d+; save it as CSV in UTF-8"):
        list(read_csv_rows(tmp_path / "list.csv"))
