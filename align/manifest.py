"""What a folder of shards was made from: the record that makes stage 1 resumable.

`manifest.jsonl` has a header line and one line per finished shard. Lines are appended as shards finish, so a
killed run loses at most the line it was writing; a finished run rewrites the file in order.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common.atomic import write_text_atomically
from common.errors import UserError

MANIFEST_FILE = "manifest.jsonl"
FORMAT = "facetrust-manifest-1"


@dataclass(frozen=True)
class ManifestEntry:
    """A finished shard."""

    shard: str  # file name
    rows: int
    sha256: str  # of the file
    inputs: str  # fingerprint of the photographs and of how they were aligned
    rejected: list[list[str]]  # [path, reason]


def read_manifest(folder: Path, source: Path) -> dict[str, ManifestEntry]:
    """The finished shards by name; empty where nothing was made yet.

    Raises UserError when the folder holds the shards of another source.
    """
    path = folder / MANIFEST_FILE
    if not path.exists():
        return {}
    lines = [
        parsed
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if (parsed := _parse(line)) is not None
    ]
    if not lines or lines[0].get("format") != FORMAT:
        raise UserError(
            f"{path} is not a manifest of this version of facetrust; name another folder with --out"
        )
    if lines[0].get("source") != str(source.resolve()):
        raise UserError(
            f"{folder} holds shards of {lines[0].get('source')}; name another folder with --out, or remove it"
        )
    entries = {}
    for line in lines[1:]:
        try:
            entry = ManifestEntry(**line)
        except TypeError:
            continue
        entries[entry.shard] = entry
    return entries


def start_manifest(folder: Path, source: Path, entries: list[ManifestEntry]) -> None:
    """Write a manifest of these entries, in order of their names, in the place of the old one."""
    header = json.dumps({"format": FORMAT, "source": str(source.resolve())}, ensure_ascii=False)
    lines = [header, *(_line(entry) for entry in sorted(entries, key=lambda entry: entry.shard))]
    write_text_atomically(folder / MANIFEST_FILE, "\n".join(lines) + "\n")


def append_entry(folder: Path, entry: ManifestEntry) -> None:
    """Record one more finished shard, durably."""
    with (folder / MANIFEST_FILE).open("a", encoding="utf-8") as file:
        file.write(_line(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _line(entry: ManifestEntry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False)


def _parse(line: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(line)
    except ValueError:  # the line that a killed run was writing
        return None
    return parsed if isinstance(parsed, dict) else None
