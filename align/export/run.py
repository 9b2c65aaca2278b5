"""Crops of shards written as image files: `align export` from top to bottom."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from align.export.kinds import QUALITY, SUFFIXES, ImageFormat
from align.export.names import CropNames
from align.sources.layouts.people import people
from common.formats.groups import connected_groups, crop_ties, group_names
from common.formats.labels.files import META_FILE
from common.formats.shard_folder import only_header
from common.formats.shards import (
    clip_columns,
    decode_strings,
    forgery_columns,
    open_shard,
    origin_columns,
    pseudo_labelled,
    read_header,
    shard_paths,
)
from common.runtime.atomic import remove_stale_temporaries, write_atomically, write_text_atomically
from common.runtime.checksum import file_sha256
from common.runtime.errors import ParameterError, UserError

TABLE_FILE = "crops.csv"
RECORD_FILE = "export.json"
LOCK_FILE = ".lock"
OPTIONAL = ("group", "species", "is_pseudo")  # columns of the table that are left out where they are empty
Progress = Callable[[int, int], None]
_QUALITIES = {ImageFormat.JPEG: cv2.IMWRITE_JPEG_QUALITY, ImageFormat.WEBP: cv2.IMWRITE_WEBP_QUALITY}


@dataclass(frozen=True)
class Exported:
    """What was written."""

    crops: int
    kept: int  # of these, already there from an earlier run
    people: int
    synthetic: int
    clashes: list[tuple[str, str]]  # photograph and name, see `CropNames`
    size: int  # pixels, of both sides of a crop
    template: str
    by_folder: bool  # whether the layout people reads all labels again, which knows people and flags alone


def export_crops(
    shards: Path,
    out: Path,
    kind: ImageFormat = ImageFormat.JPEG,
    quality: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Exported:
    """Write every crop of a folder of shards below `out`, in the tree of its photographs.

    `meta.json` has their flags, `crops.csv` all labels as a list that `align run` reads, `export.json` the
    frame of the crops and how they were written. A run that was stopped goes on where it was.

    Args:
        quality: 1 to 100, of JPEG and WebP; 95 by default.

    Raises UserError for no shards, different ones, paths that leave the folder, and for a folder with other
    things in it.
    """
    if kind is ImageFormat.PNG and quality is not None:
        raise ParameterError("{quality} goes with {format} jpeg or webp; PNG keeps every pixel")
    if quality is not None and not 1 <= quality <= 100:
        raise ParameterError("{quality} must lie between 1 and 100, not be {}", quality)
    paths = shard_paths(shards)
    names = CropNames(SUFFIXES[kind])
    rows = _tied([row for path in paths for row in _labels(path, names)])
    record = _record(paths, kind, None if kind is ImageFormat.PNG else quality or QUALITY)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / LOCK_FILE, timeout=0):
            _claim(out, record)
            written = _write(paths, out, [row["path"] for row in rows], record, progress)
            _write_labels(out, rows)
            _write_json(out / RECORD_FILE, record | {"crops": len(rows)})
    except Timeout as error:
        raise ParameterError(
            "another run is writing to {}; wait for its end, or name another folder with {out}", out
        ) from error
    return Exported(
        len(rows),
        len(rows) - written,
        len({row["identity"] for row in rows if row["identity"]}),
        sum(row["synthetic"] for row in rows),
        names.clashes,
        record["size"],
        record["template"],
        _by_folder(rows),
    )


def _by_folder(rows: list[dict[str, Any]]) -> bool:
    identities = {row["path"]: row["identity"] for row in rows}
    read = {photograph.path: photograph.identity for photograph in people(sorted(identities))}
    return read == identities and not any(row[name] for row in rows for name in OPTIONAL)


def _labels(path: Path, names: CropNames) -> Iterator[dict[str, Any]]:
    """What the table says of each crop of a shard."""
    with open_shard(path) as shard:
        sources, identities = (decode_strings(shard[name][:]) for name in ("path", "identity"))
        flags, pseudo, clips = shard["synthetic"][:], pseudo_labelled(shard), clip_columns(shard)
        origins, forged = origin_columns(shard), forgery_columns(shard)
    made_of = forged.people() if forged else [()] * len(identities)
    for row, name in enumerate(names.of_shard(sources, clips)):
        species = (origins.species[row] if origins else "") or (forged.method[row] if forged else "")
        yield {
            "path": name,
            "identity": identities[row],
            "synthetic": int(flags[row] != 0),
            "group": group_names(origins.groups[row]) if origins else (),
            "species": species,
            "is_pseudo": int(pseudo[row]),
            "source": sources[row],
            "made_of": made_of[row],
        }


def _tied(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with one name of a group each, for all that a crop must not be parted from.

    A list has one group a row and does not know of whom a forgery was made: what several names connect is
    one.
    """
    ties = [row["group"] for row in rows]
    if any(row["made_of"] for row in rows):
        ties = [sorted(crop_ties(row["identity"], row["group"], row["made_of"])) for row in rows]
    firsts: dict[int, str] = {}
    return [
        row | {"group": firsts.setdefault(number, own[0]) if own else ""}
        for row, own, number in zip(rows, ties, connected_groups(ties).tolist(), strict=True)
    ]


def _record(paths: list[Path], kind: ImageFormat, quality: int | None) -> dict[str, Any]:
    """How the crops were taken and are written, and of which shards."""
    headers = set()
    for path in paths:
        with open_shard(path) as shard:
            headers.add(read_header(shard))
    written = {"format": kind.value, "quality": quality}
    header = only_header(headers, paths[0].parent)
    return vars(header) | written | {"shards": {path.name: file_sha256(path) for path in paths}}


def _claim(out: Path, record: dict[str, Any]) -> None:
    """Make sure that a folder is empty, or that of an earlier run with the same record."""
    file = out / RECORD_FILE
    if not file.exists():
        if any(entry.name != LOCK_FILE for entry in out.iterdir()):
            raise ParameterError("{} holds other files; name another folder with {out}", out)
        _write_json(file, record)
        return
    try:
        earlier = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        earlier = None
    if not isinstance(earlier, dict) or {name: earlier.get(name) for name in record} != record:
        raise ParameterError(
            "{} holds crops of other shards or another format; remove it, or name another folder with {out}",
            out,
        )


def _write(paths: list[Path], out: Path, names: list[str], record: dict[str, Any], progress: Progress) -> int:
    """The number of files that were not there yet."""
    root, made, done = os.path.realpath(out), 0, 0
    folders: set[Path] = set()
    for path in paths:
        with open_shard(path) as shard:
            for image in shard["images"]:
                target = out / names[done]
                if target.parent not in folders:
                    _make_folder(target.parent, root)
                    folders.add(target.parent)
                if not (target.is_file() and target.stat().st_size):
                    content = _encoded(image, ImageFormat(record["format"]), record["quality"])
                    write_atomically(target, partial(Path.write_bytes, data=content), durable=False)
                    made += 1
                done += 1
        progress(done, len(names))
    return made


def _make_folder(folder: Path, root: str) -> None:
    """Make a folder for crops. Raises UserError where a link leads it out of `root`."""
    real = os.path.realpath(folder)
    if real != root and not real.startswith(root + os.sep):
        raise UserError(f"{folder} is a link that leads out of the folder of the crops; remove it")
    folder.mkdir(parents=True, exist_ok=True)
    remove_stale_temporaries(folder)


def _encoded(image: NDArray[np.uint8], kind: ImageFormat, quality: int | None) -> bytes:
    options = [] if quality is None else [_QUALITIES[kind], quality]
    done, content = cv2.imencode(SUFFIXES[kind], image[:, :, ::-1], options)
    assert done
    return content.tobytes()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_text_atomically(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _write_labels(out: Path, rows: list[dict[str, Any]]) -> None:
    _write_json(out / META_FILE, {row["path"]: row["synthetic"] for row in rows})
    unused = {name for name in OPTIONAL if not any(row[name] for row in rows)}
    columns = [name for name in rows[0] if name not in {"made_of", *unused}] if rows else ["path"]
    text = io.StringIO()
    table = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_text_atomically(out / TABLE_FILE, text.getvalue())
