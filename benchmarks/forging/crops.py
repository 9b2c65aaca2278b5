"""The crops to forge: bona fide faces of one or more folders, in one folder of shards."""

import hashlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from align.shards.run import align_source
from align.sources.find import find_source
from benchmarks.alignment.photographs import small_photographs
from common.formats.shards import (
    COLUMNS,
    Alignment,
    ShardHeader,
    ShardRows,
    decode_strings,
    open_shard,
    read_header,
    shard_paths,
    write_shard,
)
from common.runtime.command_line import progress_bar
from common.runtime.errors import UserError

TEXTS = ("identity", "path")


def aligned(photographs: Path, work: Path) -> Path:
    """The folder of shards below `work` with the faces of a folder of photographs; what is there is kept.

    Raises UserError as `find_source` and `align_source`.
    """
    source = find_source(photographs)
    place = hashlib.sha256(str(photographs.resolve()).encode()).hexdigest()[:8]
    out = work / f"aligned-{place}"
    with progress_bar(f"Aligning {photographs.name}", "photographs") as progress:
        align_source(source, out, progress=progress)
    return out


def rendered(work: Path) -> Path:
    """A folder of shards with faces of the rendered sample: ten people."""
    return aligned(small_photographs(work / "rendered"), work)


def bona_fide_shards(folders: list[Path], out: Path, *, fewest: int = 0) -> Path:
    """Write the bona fide crops of folders of shards into `out`, and give that.

    Args:
        folders: one or more. People of several are told apart by the number of their folder.
        out: a folder that is not there yet.
        fewest: crops; where there are less, all are repeated until there are as many.

    Raises UserError where there is none, and for folders that were aligned differently.
    """
    header: ShardHeader | None = None
    parts: list[ShardRows] = []
    for number, folder in enumerate(folders):
        prefix = f"{number}/" if len(folders) > 1 else ""
        for path in shard_paths(folder):
            with open_shard(path) as shard:
                header = header or read_header(shard)
                if read_header(shard) != header:
                    raise UserError(f"{folder} was aligned otherwise than {folders[0]}; align both alike")
                if len(rows := _bona_fide(shard, prefix)):
                    parts.append(rows)
    if header is None or not parts:
        raise UserError(f"no bona fide face in {', '.join(map(str, folders))}; name a folder of photographs")
    out.mkdir(parents=True)
    repeats = max(1, -(-fewest // sum(map(len, parts))))
    for number, rows in enumerate(parts * repeats):
        write_shard(out / f"shard-{number:05d}.h5", header, rows)
    return out


def _bona_fide(shard: h5py.File, prefix: str) -> ShardRows:
    """The rows of an open shard that show a real face, of people named with a prefix."""
    kept = (shard["synthetic"][:] == 0) & (shard["alignment"][:] != Alignment.CENTRE)
    columns: dict[str, Any] = {name: shard[name][:][kept] for name in COLUMNS if name not in TEXTS}
    columns |= {
        name: [prefix + text for text in np.array(decode_strings(shard[name][:]))[kept]] for name in TEXTS
    }
    return ShardRows(images=shard["images"][:][kept], **columns)
