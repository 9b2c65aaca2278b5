"""The scores of pairs as a table, and the photographs that could not be used."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.formats.csv_file import csv_cell, csv_line, needs_quotes, printable_utf8, write_csv
from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from infer.output.results import Results
from infer.output.table_format import TableFormat
from infer.score import VERDICTS

CHUNK = 65_536  # pairs written at one time
ROW_GROUP = 16 * CHUNK  # of Parquet, which reads large ones faster
SUBMITTED = -1.0  # the lowest cosine: challenges ask for a number of every pair, compared or not


def write_scores(
    path: Path,
    ids: Sequence[str],
    similarity: NDArray[np.float64],
    codes: NDArray[np.int8],
    table: TableFormat = TableFormat.CSV,
    beside: Mapping[str, NDArray[Any]] = MappingProxyType({}),
) -> Path:
    """Write the table of P pairs atomically; returns the file: `path` with the suffix of the format added.

    Args:
        path: without suffix.
        ids: (P,) any text.
        similarity: (P,) in [-1, 1], NaN for pairs that were not compared: empty, but -1 in a submission. CSV
            has six decimals.
        codes: (P,) verdicts as `infer.score.verdict_codes` gives them; `UNDECIDED` is left empty.
        table: the format.
        beside: more columns by name, (P,) of words or numbers, NaN where there is none; not in a submission.

    Raises UserError when Parquet is asked for and pyarrow is not installed, and OSError when the file cannot
    be written.
    """
    file = path.with_name(path.name + table.suffix)
    match table:
        case TableFormat.CSV:
            heading = ",".join(["pair_id,similarity,verdict", *beside])
            write_csv(file, heading, _with_verdicts(ids, similarity, codes, list(beside.values())))
        case TableFormat.SUBMISSION:
            write_csv(file, "pair_id,similarity", _without_verdicts(ids, similarity))
        case TableFormat.PARQUET:
            _write_parquet(file, ids, similarity, codes, beside)
    return file


def write_rejects(path: Path, results: Results) -> Path:
    """Write `pair_id,image,reason`, a line for each photograph of a pair without a usable face.

    Returns the file. Raises OSError when it cannot be written.
    """
    rejected = np.zeros(len(results.image_names), np.bool_)
    rejected[list(results.rejected)] = True
    hits = rejected[results.members]  # (P, 2)
    lines = (
        csv_line(results.ids[pair], results.image_names[image], results.rejected[image])
        for pair in np.flatnonzero(hits.any(axis=1)).tolist()
        for image in results.members[pair][hits[pair]].tolist()
    )
    write_csv(path, "pair_id,image,reason", lines)
    return path


def require_parquet() -> None:
    """Raise UserError where Parquet cannot be written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise UserError("Parquet needs pyarrow; install it with: pip install 'facetrust[parquet]'") from error


def _with_verdicts(
    ids: Sequence[str],
    similarity: NDArray[np.float64],
    codes: NDArray[np.int8],
    beside: Sequence[NDArray[Any]],
) -> Iterator[str]:
    words = [verdict.value for verdict in VERDICTS] + [""]  # UNDECIDED is the last by its index, -1
    for part in _chunks(len(ids), CHUNK):
        scores = [f"{score:z.6f}" if score == score else "" for score in similarity[part].tolist()]
        rows = zip(_cells(ids[part]), scores, codes[part].tolist(), strict=True)
        if not beside:
            yield "".join([f"{name},{score},{words[code]}\n" for name, score, code in rows])
            continue
        more = zip(*(map(_cell, column[part].tolist()) for column in beside), strict=True)
        yield "".join(
            f"{name},{score},{words[code]},{','.join(cells)}\n"
            for (name, score, code), cells in zip(rows, more, strict=True)
        )


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:z.6f}" if value == value else ""


def _without_verdicts(ids: Sequence[str], similarity: NDArray[np.float64]) -> Iterator[str]:
    for part in _chunks(len(ids), CHUNK):
        scores = np.where(np.isnan(similarity[part]), SUBMITTED, similarity[part]).tolist()
        rows = zip(_cells(ids[part]), scores, strict=True)
        yield "".join([f"{name},{score:z.6f}\n" for name, score in rows])


def _write_parquet(
    path: Path,
    ids: Sequence[str],
    similarity: NDArray[np.float64],
    codes: NDArray[np.int8],
    beside: Mapping[str, NDArray[Any]],
) -> None:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    words = [verdict.value for verdict in VERDICTS]

    def rows(part: slice) -> pyarrow.Table:
        numbers = pyarrow.array(codes[part], mask=codes[part] < 0)
        columns = {
            "pair_id": pyarrow.array([printable_utf8(name) for name in ids[part]], pyarrow.string()),
            "similarity": pyarrow.array(similarity[part], pyarrow.float64(), mask=np.isnan(similarity[part])),
            "verdict": pyarrow.DictionaryArray.from_arrays(numbers, words),
        }
        for name, values in beside.items():
            missing = np.isnan(values[part]) if values.dtype.kind == "f" else values[part] == ""
            columns[name] = pyarrow.array(values[part], mask=missing)
        return pyarrow.table(columns)

    def write(temporary: Path) -> None:
        with parquet.ParquetWriter(temporary, rows(slice(0, 0)).schema) as file:
            for part in _chunks(len(ids), ROW_GROUP):
                file.write_table(rows(part))

    write_atomically(path, write)


def _chunks(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, start + size)


def _cells(texts: Sequence[str]) -> Sequence[str]:
    """The texts as cells; most chunks have nothing to quote, which one look tells."""
    return list(map(csv_cell, texts)) if needs_quotes("".join(texts)) else texts
