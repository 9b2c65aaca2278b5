"""Pseudo-labels on the disk: a folder of shards, or a table."""

import os
import shutil
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from common.formats.csv_file import csv_line, write_csv
from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shards import open_shard, read_header, read_rows, write_shard
from common.formats.submission import submission_ids
from train.data.dataset import CropDataset
from train.pseudo_labels.guess import UNCERTAIN
from train.pseudo_labels.provenance import PROVENANCE_FILE, PseudoLabels, write_provenance

REPORT_FILE = "rejected.csv"
HEADER = "Id,target_feature,is_pseudo"

Rows = TypeVar("Rows")


def write_pseudo_shards(
    out: Path, dataset: CropDataset, guessed: NDArray[np.int8], reasons: dict[int, str], told: PseudoLabels
) -> None:
    """Write the crops with a guess as shards, each from one of the data, whole or not at all.

    Args:
        out: a folder that is not there, or empty.
        dataset: N crops.
        guessed: (N,) 1 synthetic, 0 bona fide, or `UNCERTAIN`.
        reasons: of each crop without a guess, by row.
        told: where the guesses come from.

    Raises OSError when the folder cannot be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        manifest, rejected = _shards(temporary, dataset, guessed, reasons, told)
        lines = (csv_line(path, reason) for path, reason in rejected)
        write_csv(temporary / REPORT_FILE, "path,reason", lines)
        write_provenance(temporary / PROVENANCE_FILE, told)
        write_manifest(temporary, manifest)
        temporary.chmod(0o777 & ~_umask())
        os.replace(temporary, out)  # noqa: PTH105 (it takes the place of an empty folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _shards(
    folder: Path, dataset: CropDataset, guessed: NDArray[np.int8], reasons: dict[int, str], told: PseudoLabels
) -> tuple[Manifest, list[list[str]]]:
    """Write the shards; returns their manifest, and path and reason of all crops left out."""
    source, entries, every, start = dataset.folders[0], {}, [], 0
    for number, path in enumerate(source.shards):
        with open_shard(path) as shard:
            header, rows = read_header(shard), read_rows(shard)
        own = guessed[start : start + len(rows)]
        kept = own != UNCERTAIN
        rejected = [[rows.path[row], reasons[start + row]] for row in np.flatnonzero(~kept).tolist()]
        synthetic = (own[kept] == 1).astype(np.uint8)
        taken = replace(rows_where(rows, kept), synthetic=synthetic, pseudo=np.ones_like(synthetic))
        name = f"shard-{number:05d}.h5"
        sha256 = write_shard(folder / name, header, taken)
        entries[name] = ManifestEntry(name, len(taken), sha256, told.asked.fingerprint, rejected)
        every += rejected
        start += len(rows)
    options = {"at": told.asked.at, "views": list(told.asked.views)}
    header_of_all = ManifestHeader(str(source.path.resolve()), options, len(source.shards))
    return Manifest(header_of_all, entries), every


def write_pseudo_table(file: Path, paths: list[str], guessed: NDArray[np.int8], told: PseudoLabels) -> None:
    """Write `Id,target_feature,is_pseudo` of the crops with a guess, ids ascending, and `told` beside it.

    Raises UserError as `submission_ids`, OSError when a file cannot be written.
    """
    rows = np.flatnonzero(guessed != UNCERTAIN).tolist()
    ids = pseudo_ids([paths[row] for row in rows])
    lines = sorted(zip(ids, guessed[rows].tolist(), strict=True))
    write_provenance(file.with_suffix(".json"), told)  # first: a table is never without
    write_csv(file, HEADER, (csv_line(str(one), str(flag), "1") for one, flag in lines))


def pseudo_ids(paths: list[str]) -> list[int]:
    """The ids of photographs in a table of pseudo-labels. Raises UserError as `submission_ids`."""
    return submission_ids(paths, "a table of pseudo-labels", "{out}: a folder of shards takes all names")


def rows_where(rows: Rows, kept: NDArray[np.bool_]) -> Rows:
    """The rows of a shard that are kept, (N,), of all of its columns."""
    taken: dict[str, Any] = {}
    for column in fields(rows):  # type: ignore[arg-type]
        values = getattr(rows, column.name)
        if isinstance(values, list):
            taken[column.name] = [values[row] for row in np.flatnonzero(kept).tolist()]
        elif is_dataclass(values):
            taken[column.name] = rows_where(values, kept)
        else:
            taken[column.name] = None if values is None else values[kept]
    return replace(rows, **taken)  # type: ignore[type-var]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
