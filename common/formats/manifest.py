"""Manifest of a folder of shards: what they were made from, so that stage 1 can be resumed and verified.

`manifest.jsonl` has a header line and one line per finished shard. Lines are appended as shards finish, so a
killed run loses at most the line it was writing; a finished run rewrites the file in order.
"""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError

MANIFEST_FILE = "manifest.jsonl"
FORMAT = "facetrust-manifest-2"
SHARD_NAME = re.compile(r"shard-[0-9]{5,}\.h5")


@dataclass(frozen=True)
class ManifestHeader:
    """What all shards of a folder have in common."""

    source: str  # absolute path of the folder or list of photographs
    options: dict[str, Any]  # by the names of the command line; other options give other shards
    shards: int  # that there are to be
    taken: dict[str, Any] = field(default_factory=dict)  # what was taken for what, for people; {} before 0.2


@dataclass(frozen=True)
class ManifestEntry:
    """A finished shard."""

    shard: str  # file name, which matches SHARD_NAME
    rows: int
    sha256: str  # of the file
    inputs: str  # fingerprint of the photographs
    rejected: list[list[str]]  # [path, reason]
    frames: int = 0  # of clips, that were looked at
    faceless: int = 0  # of these, without a face


@dataclass(frozen=True)
class Manifest:
    """The header and the finished shards by name."""

    header: ManifestHeader
    entries: dict[str, ManifestEntry] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None where nothing was made yet.

    A line that a killed run was writing is passed over. Raises UserError when the file is no manifest of this
    version.
    """
    path = folder / MANIFEST_FILE
    if not path.exists():
        return None
    first, *rest = path.read_text(encoding="utf-8", errors="replace").split(
        "\n"
    )  # names may hold other breaks
    header = _parse_header(first)
    if header is None:
        raise UserError(
            f"{path} is not a manifest of this version of facetrust; name another folder (--out), or make "
            "the shards anew with 'python -m align run --overwrite'"
        )
    entries = [entry for line in rest if (entry := _parse_entry(line)) is not None]
    return Manifest(header, {entry.shard: entry for entry in entries})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest, its shards in the order of their names, in the place of the old one."""
    header = json.dumps({"format": FORMAT, **asdict(manifest.header)}, ensure_ascii=False)
    lines = [header, *(_line(manifest.entries[name]) for name in sorted(manifest.entries))]
    write_text_atomically(folder / MANIFEST_FILE, "\n".join(lines) + "\n")


def append_entry(folder: Path, entry: ManifestEntry) -> None:
    """Record one more finished shard, durably."""
    with (folder / MANIFEST_FILE).open("a", encoding="utf-8") as file:
        file.write(_line(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _line(entry: ManifestEntry) -> str:
    facts = asdict(entry)
    if not entry.frames:  # the same line as ever where there are no clips
        del facts["frames"], facts["faceless"]
    return json.dumps(facts, ensure_ascii=False)


def _parse_header(line: str) -> ManifestHeader | None:
    parsed = _parse(line)
    options, shards = parsed.get("options"), parsed.get("shards")
    if parsed.get("format") != FORMAT or not isinstance(options, dict) or not isinstance(shards, int):
        return None
    taken = parsed.get("taken")
    return ManifestHeader(
        str(parsed.get("source")), options, shards, taken if isinstance(taken, dict) else {}
    )


def _parse_entry(line: str) -> ManifestEntry | None:
    parsed = _parse(line)
    rows, rejected = parsed.get("rows"), parsed.get("rejected")
    texts = [parsed.get(name) for name in ("shard", "sha256", "inputs")]
    if not isinstance(rows, int) or not isinstance(rejected, list) or not all(map(_is_text, texts)):
        return None
    if not SHARD_NAME.fullmatch(parsed["shard"]):
        return None
    if not all(isinstance(pair, list) and len(pair) == 2 and all(map(_is_text, pair)) for pair in rejected):
        return None
    frames, faceless = parsed.get("frames", 0), parsed.get("faceless", 0)
    if not isinstance(frames, int) or not isinstance(faceless, int):
        return None
    return ManifestEntry(
        parsed["shard"], rows, parsed["sha256"], parsed["inputs"], rejected, frames, faceless
    )


def _parse(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _is_text(value: object) -> bool:
    return isinstance(value, str)
