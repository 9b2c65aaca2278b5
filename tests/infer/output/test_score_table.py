import csv
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.runtime.errors import UserError
from infer.output.results import Results
from infer.output.score_table import CHUNK, write_rejects, write_scores
from infer.output.table_format import TableFormat
from infer.score import verdict_codes

IDS = ["a", "b,c", 'd"e', "f\ng", "h\ri"]
SIMILARITY = np.array([0.5, 0.4999, np.nan, -1e-9, 1])


def codes(similarity: np.ndarray, threshold: float | None = 0.5) -> np.ndarray:
    """Verdicts on pairs of which those without similarity lack a file."""
    return verdict_codes(similarity, np.zeros((len(similarity), 2), np.int64), {0: "no such file"}, threshold)


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_csv_has_six_decimals_and_a_verdict_at_the_threshold(tmp_path: Path) -> None:
    path = write_scores(tmp_path / "set.v2", IDS, SIMILARITY, codes(SIMILARITY))
    assert path == tmp_path / "set.v2.csv"
    assert rows(path) == [
        ["pair_id", "similarity", "verdict"],
        ["a", "0.500000", "match"],
        ["b,c", "0.499900", "no_match"],
        ['d"e', "", "no_file"],
        ["f\ng", "0.000000", "no_match"],
        ["h\ri", "1.000000", "match"],
    ]


@pytest.mark.parametrize("table", [TableFormat.CSV, TableFormat.PARQUET])
def test_without_a_threshold_verdicts_are_empty(tmp_path: Path, table: TableFormat) -> None:
    path = write_scores(tmp_path / "set", IDS, SIMILARITY, codes(SIMILARITY, None), table)
    if table is TableFormat.PARQUET:
        found = pytest.importorskip("pyarrow.parquet").read_table(path)["verdict"].to_pylist()
    else:
        found = [row[2] or None for row in rows(path)[1:]]
    assert found == [None, None, "no_file", None, None]


def test_a_submission_has_nothing_but_ids_and_similarities(tmp_path: Path) -> None:
    path = write_scores(tmp_path / "set", IDS, SIMILARITY, codes(SIMILARITY), TableFormat.SUBMISSION)
    assert path.name == "set.csv"
    found = rows(path)
    assert found[0] == ["pair_id", "similarity"] and [row[0] for row in found[1:]] == IDS
    assert [row[1] for row in found[1:]] == ["0.500000", "0.499900", "-1.000000", "0.000000", "1.000000"]


def test_parquet_has_the_full_precision_and_types(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    scores = np.append(SIMILARITY, 0.1)
    path = write_scores(tmp_path / "set", [*IDS, "z\udcff"], scores, codes(scores), TableFormat.PARQUET)
    assert path == tmp_path / "set.parquet"
    table = parquet.read_table(path)
    assert table["pair_id"].to_pylist() == [*IDS, "z\\udcff"]
    assert table["similarity"].to_pylist() == [0.5, 0.4999, None, -1e-9, 1, 0.1]
    assert table["verdict"].to_pylist() == ["match", "no_match", "no_file", "no_match", "match", "no_match"]
    assert table.schema.field("pair_id").type == pyarrow.string()
    assert table.schema.field("similarity").type == pyarrow.float64()
    assert pyarrow.types.is_dictionary(table.schema.field("verdict").type)


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install 'facetrust\[parquet\]'"):
        write_scores(tmp_path / "set", IDS, SIMILARITY, codes(SIMILARITY), TableFormat.PARQUET)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("table", TableFormat)
@pytest.mark.parametrize("count", [0, CHUNK, CHUNK + 1])
def test_any_number_of_pairs_is_written_in_order(tmp_path: Path, table: TableFormat, count: int) -> None:
    similarity = np.linspace(-1, 1, count)
    ids = [f"p{number}" for number in range(count)]
    path = write_scores(tmp_path / "x", ids, similarity, codes(similarity), table)
    if table is TableFormat.PARQUET:
        parquet = pytest.importorskip("pyarrow.parquet")
        found = parquet.read_table(path).to_pydict()
        names, values = found["pair_id"], found["similarity"]
    else:
        names, values = zip(*[row[:2] for row in rows(path)[1:]], strict=True) if count else ((), ())
    assert list(names) == [f"p{number}" for number in range(count)]
    np.testing.assert_allclose(np.array(values, np.float64), similarity, atol=5e-7)


@settings(max_examples=200, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_the_verdict_is_of_the_number_before_it_is_rounded(
    tmp_path_factory: pytest.TempPathFactory, similarity: float, threshold: float
) -> None:
    scores = np.array([similarity])
    path = write_scores(tmp_path_factory.getbasetemp() / "one", ["a"], scores, codes(scores, threshold))
    (_, (_, told, verdict)) = rows(path)
    assert verdict == ("match" if similarity >= threshold else "no_match")
    assert abs(float(told) - similarity) <= 5e-7 + 1e-12


def test_rejects_have_a_line_per_pair_and_image(tmp_path: Path) -> None:
    results = SimpleNamespace(
        ids=["p", "q,r", "s"],
        image_names=["0.jpg", "1,1.jpg", "2.jpg"],
        members=np.array([[0, 1], [2, 1], [0, 0]]),
        rejected={1: "not an image", 2: "no face found"},
    )
    path = write_rejects(tmp_path / "x_rejected.csv", cast(Results, results))
    assert rows(path) == [
        ["pair_id", "image", "reason"],
        ["p", "1,1.jpg", "not an image"],
        ["q,r", "2.jpg", "no face found"],
        ["q,r", "1,1.jpg", "not an image"],
    ]
