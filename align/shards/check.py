"""Whether a folder of shards is what was written, to the last bit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.formats.manifest import MANIFEST_FILE, ManifestEntry, read_manifest
from common.formats.shards import SHARD_PATTERN, open_shard
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError

AGAIN = "run the command that made it again"


@dataclass(frozen=True)
class CheckReport:
    """What a check came to."""

    shards: int  # in the manifest
    rows: int
    problems: list[tuple[str, str]]  # file name, and what is wrong with it and what to do


def check_shards(
    folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> CheckReport:
    """Verify every shard of a folder against its manifest.

    The checksum comes first: a shard that differs from what was written is not opened.
    `progress(done, total)` counts shards. Raises UserError when there is no such folder or no manifest in it.
    """
    if not folder.is_dir():
        raise UserError(f"no such folder: {folder}; make it with 'python -m align run'")
    manifest = read_manifest(folder)
    if manifest is None:
        raise UserError(f"{folder} has no {MANIFEST_FILE}; name a folder that 'python -m align run' made")
    entries = [manifest.entries[name] for name in sorted(manifest.entries)]
    problems = []
    for done, entry in enumerate(entries):
        progress(done, len(entries))
        problem = _problem(folder / entry.shard, entry)
        if problem:
            problems.append((entry.shard, problem))
    progress(len(entries), len(entries))
    missing = manifest.header.shards - len(entries)
    if missing > 0:
        problems.append(
            (MANIFEST_FILE, f"unfinished: {missing} of {manifest.header.shards} shards lack; {AGAIN}")
        )
    for path in sorted(folder.glob(SHARD_PATTERN)):
        if path.name not in manifest.entries:
            problems.append((path.name, f"foreign: not in the manifest; remove it, or {AGAIN}"))
    return CheckReport(len(entries), sum(entry.rows for entry in entries), problems)


def _problem(path: Path, entry: ManifestEntry) -> str | None:
    try:
        if not path.is_file():
            return f"missing; {AGAIN}"
        if file_sha256(path) != entry.sha256:
            return f"truncated or altered: its checksum is not that of the manifest; {AGAIN}"
        with open_shard(path) as shard:
            rows = len(shard["images"])
    except (OSError, UserError) as error:
        return str(error)
    return f"{rows} rows, but {entry.rows} in the manifest; {AGAIN}" if rows != entry.rows else None
