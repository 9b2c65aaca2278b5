import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.formats.csv_file import csv_line, printable_utf8, write_csv

cell = st.one_of(st.text(st.characters(blacklist_categories=("Cs",))), st.text(',"\r\n \0x'))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(cell, min_size=2, max_size=2), max_size=6))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    write_csv(path, "one,two", (csv_line(*row) for row in rows))
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["one", "two"], *rows]


def test_plain_cells_stay_bare_and_lines_end_alike_everywhere(tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", "a,b", [csv_line("1", "x y"), csv_line('q"', "")])
    assert (tmp_path / "x.csv").read_bytes() == b'a,b\n1,x y\n"q""",\n'


def test_a_name_that_is_not_utf_8_is_escaped(tmp_path: Path) -> None:
    name = b"a\xff.jpg".decode("utf-8", "surrogateescape")
    write_csv(tmp_path / "x.csv", "a,b", [csv_line(name, "1")])
    assert (tmp_path / "x.csv").read_text() == f"a,b\n{printable_utf8(name)},1\n"
    assert printable_utf8(name) == "a\\udcff.jpg" and printable_utf8("é") == "é"
