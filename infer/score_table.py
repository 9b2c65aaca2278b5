"""The scores of pairs as a table, and the photographs that could not be used."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.atomic import write_atomically
from common.errors import UserError
from infer.csv_file import csv_cell, csv_line, needs_quotes, printable_utf8, write_csv
from infer.results import Results
from infer.score import NO_FACE_SIMILARITY, Verdict, verdicts
from infer.table_format import TableFormat

CHUNK = 65_536  # pairs written at one time
ROW_GROUP = 16 * CHUNK  # of Parquet, which reads large ones faster


def write_scores(
    path: Path,
    ids: Sequence[str],
    similarity: NDArray[np.float64],
    threshold: float,
    table: TableFormat = TableFormat.CSV,
) -> Path:
    """Write the table of P pairs atomically; returns the file: `path` with the suffix of the format added.

    Args:
        path: without suffix.
        ids: (P,) any text.
        similarity: (P,) in [-1, 1], NaN where there are no two faces. CSV has six decimals.
        threshold: of the verdicts.
        table: the format.

    Raises UserError when Parquet is asked for and pyarrow is not installed, and OSError when the file cannot
    be written.
    """
    file = path.with_name(path.name + table.suffix)
    match table:
        case TableFormat.CSV:
            write_csv(file, "pair_id,similarity,verdict", _with_verdicts(ids, similarity, threshold))
        case TableFormat.SUBMISSION:
            write_csv(file, "pair_id,similarity", _without_verdicts(ids, similarity))
        case TableFormat.PARQUET:
            _write_parquet(file, ids, similarity, threshold)
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


def _with_verdicts(ids: Sequence[str], similarity: NDArray[np.float64], threshold: float) -> Iterator[str]:
    for names, values in _chunks(ids, similarity, CHUNK):
        found = [verdict.value for verdict in verdicts(values, threshold)]
        scores = _filled(values).tolist()
        rows = zip(_cells(names), scores, found, strict=True)
        yield "".join([f"{name},{score:z.6f},{verdict}\n" for name, score, verdict in rows])


def _without_verdicts(ids: Sequence[str], similarity: NDArray[np.float64]) -> Iterator[str]:
    for names, values in _chunks(ids, similarity, CHUNK):
        rows = zip(_cells(names), _filled(values).tolist(), strict=True)
        yield "".join([f"{name},{score:z.6f}\n" for name, score in rows])


def _write_parquet(path: Path, ids: Sequence[str], similarity: NDArray[np.float64], threshold: float) -> None:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    kinds = list(Verdict)
    numbers = {kind: number for number, kind in enumerate(kinds)}

    def rows(names: Sequence[str], values: NDArray[np.float64]) -> pyarrow.Table:
        codes = np.array([numbers[verdict] for verdict in verdicts(values, threshold)], np.int8)
        columns = {
            "pair_id": pyarrow.array([printable_utf8(name) for name in names], pyarrow.string()),
            "similarity": pyarrow.array(_filled(values), pyarrow.float64()),
            "verdict": pyarrow.DictionaryArray.from_arrays(codes, [kind.value for kind in kinds]),
        }
        return pyarrow.table(columns)

    def write(temporary: Path) -> None:
        with parquet.ParquetWriter(temporary, rows([], np.zeros(0)).schema) as file:
            for names, values in _chunks(ids, similarity, ROW_GROUP):
                file.write_table(rows(names, values))

    write_atomically(path, write)


def _chunks(
    ids: Sequence[str], similarity: NDArray[np.float64], size: int
) -> Iterator[tuple[Sequence[str], NDArray[np.float64]]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size], similarity[start : start + size]


def _cells(texts: Sequence[str]) -> Sequence[str]:
    """The texts as cells; most chunks have nothing to quote, which one look tells."""
    return list(map(csv_cell, texts)) if needs_quotes("".join(texts)) else texts


def _filled(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(similarity), NO_FACE_SIMILARITY, similarity)
