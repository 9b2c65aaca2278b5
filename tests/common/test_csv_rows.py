from pathlib import Path

import pytest

from common.csv_rows import read_csv_rows
from common.errors import UserError


def test_rows_and_the_lines_they_end_on(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes('\ufeffa,"b\nc"\r\n\r\nd\n'.encode())
    assert list(read_csv_rows(path)) == [(2, ["a", "b\nc"]), (3, []), (4, ["d"])]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a\n\xff\n", "is not UTF-8"),
        ("a\n".encode("utf-16"), "is not UTF-8"),
        (b'a\n"b"c\n', "line 2: not valid CSV"),
        (b'a\n"b\n', "line 2: not valid CSV"),
        (b"a\n" + b"b" * 200_000, r"line 2: not valid CSV \(field larger than field limit"),
    ],
)
def test_what_is_no_csv_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data)
    with pytest.raises(UserError, match=told):
        list(read_csv_rows(path))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        list(read_csv_rows(tmp_path))
