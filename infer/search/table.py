"""Table of the candidates of probes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common.formats.csv_file import csv_line, printable_utf8, write_csv
from common.runtime.atomic import write_atomically
from infer.output.embedding_file import EmbeddedRows
from infer.output.score_table import require_parquet
from infer.score import Verdict
from infer.search.nearest import Nearest

HEADER = "probe,rank,candidate,identity,similarity,verdict"
BLOCK = 16_384  # probes written at one time


def write_matches(
    path: Path,
    gallery: EmbeddedRows,
    probes: EmbeddedRows,
    found: Nearest,
    rank: int,
    threshold: float | None,
) -> None:
    """Write a row for each of the first `rank` candidates of a probe, as CSV or, by its suffix, as Parquet.

    `identity` is that of the candidate; the verdict, `match` or `no_match`, is empty without a threshold.
    Raises UserError where pyarrow is missing for Parquet, OSError when the file cannot be written.
    """
    blocks = _blocks(gallery, probes, found, rank, threshold)
    if path.suffix == ".parquet":
        _write_parquet(path, blocks)
        return
    write_csv(
        path,
        HEADER,
        (
            csv_line(probe, str(place), candidate, identity, f"{similarity:z.6f}", verdict)
            for block in blocks
            for probe, place, candidate, identity, similarity, verdict in zip(*block, strict=True)
        ),
    )


_Block = tuple[list[str], list[int], list[str], list[str], list[float], list[str]]


def _blocks(
    gallery: EmbeddedRows, probes: EmbeddedRows, found: Nearest, rank: int, threshold: float | None
) -> Iterator[_Block]:
    for start in range(0, len(probes), BLOCK):
        rows = found.rows[start : start + BLOCK, :rank]
        similarity = found.similarity[start : start + BLOCK, :rank]
        names = [probe for probe in probes.path[start : start + BLOCK] for _ in range(rows.shape[1])]
        places = np.tile(np.arange(1, rows.shape[1] + 1), len(rows)).tolist()
        flat = rows.ravel().tolist()
        scores = similarity.ravel().tolist()
        words = [
            "" if threshold is None else (Verdict.MATCH if score >= threshold else Verdict.NO_MATCH).value
            for score in scores
        ]
        yield (
            names,
            places,
            [gallery.path[row] for row in flat],
            [gallery.identity[row] for row in flat],
            scores,
            words,
        )


def _write_parquet(path: Path, blocks: Iterator[_Block]) -> None:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    kinds = (
        pyarrow.string(),
        pyarrow.int32(),
        pyarrow.string(),
        pyarrow.string(),
        pyarrow.float64(),
        pyarrow.string(),
    )
    schema = pyarrow.schema(list(zip(HEADER.split(","), kinds, strict=True)))

    def write(temporary: Path) -> None:
        with parquet.ParquetWriter(temporary, schema) as file:
            for probes, places, candidates, identities, scores, words in blocks:
                names, shown, people = (
                    [printable_utf8(text) for text in texts] for texts in (probes, candidates, identities)
                )
                columns = [names, places, shown, people, scores, [word or None for word in words]]
                arrays = [pyarrow.array(one, kind) for one, kind in zip(columns, kinds, strict=True)]
                file.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

    write_atomically(path, write)
