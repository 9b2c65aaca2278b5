"""A folder of shards, made one by one: by one run at a time, recorded and continued where it stopped."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock, Timeout

from align.crops.reasons import REPORT_FILE, write_report
from align.shards.engines.engine import Engine
from align.shards.job import ShardResult
from align.shards.resume import find_finished, refuse_what_differs, remove_shards
from common.formats.manifest import (
    Manifest,
    ManifestEntry,
    ManifestHeader,
    append_entry,
    read_manifest,
    write_manifest,
)
from common.runtime.atomic import remove_stale_temporaries
from common.runtime.errors import UserError

LOCK_FILE = ".lock"

Job = TypeVar("Job")
Progress = Callable[[int, int], None]  # images done, of all


@dataclass(frozen=True)
class PlannedShard(Generic[Job]):
    """A shard that is to be there in the end."""

    destination: Path
    job: Job  # what a worker needs to make it
    inputs: str  # fingerprint of what it is made from; another means that the shard no longer holds
    images: int  # that it is made from


@dataclass(frozen=True)
class FinishedRun:
    """What a folder of shards holds after a run."""

    entries: list[ManifestEntry]  # in the order that they were planned in
    kept: int  # of these, already there from an earlier run
    report: Path  # CSV of what was rejected


@contextmanager
def claim_folder(out: Path, header: ManifestHeader, overwrite: bool) -> Iterator[Manifest | None]:
    """Hold a folder against other runs; yields the manifest of an earlier run that may be continued.

    Raises UserError when another run writes to it, or when it holds shards of another source or of other
    options and they are not to be overwritten.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / LOCK_FILE, timeout=0):
            if overwrite:
                remove_shards(out)
            earlier = read_manifest(out)
            refuse_what_differs(out, header, earlier)
            yield earlier
    except Timeout as error:
        raise UserError(
            f"another run is writing to {out}; wait for its end, or name another folder with --out"
        ) from error


def make_shards(
    plan: Sequence[PlannedShard[Job]],
    work: Callable[[Job], ShardResult],
    out: Path,
    manifests: tuple[ManifestHeader, Manifest | None],
    engine: Engine,
    progress: Progress,
) -> FinishedRun:
    """Make the planned shards that are not there yet, and the manifest and the report of `out`.

    Args:
        work: a module-level function that writes the shard of a job.
        manifests: the header of this run, and what `claim_folder` yielded.
        progress: counts the images that shards are made from.
    """
    header, earlier = manifests
    names = [shard.destination.name for shard in plan]
    entries = find_finished(earlier, [(shard.destination, shard.inputs) for shard in plan])
    kept = len(entries)
    write_manifest(out, Manifest(header, entries))
    remove_stale_temporaries(out)
    remove_shards(out, but=set(names))

    todo = [shard for shard in plan if shard.destination.name not in entries]
    total = sum(shard.images for shard in plan)
    done = total - sum(shard.images for shard in todo)
    progress(done, total)
    try:
        for position, result in engine.run(work, [shard.job for shard in todo]):
            shard = todo[position]
            rejected = [list(reject) for reject in result.rejected]
            entry = ManifestEntry(shard.destination.name, result.rows, result.sha256, shard.inputs, rejected)
            append_entry(out, entry)
            entries[entry.shard] = entry
            done += shard.images
            progress(done, total)
    finally:
        remove_stale_temporaries(out)  # of workers that died or were stopped

    write_manifest(out, Manifest(header, entries))
    ordered = [entries[name] for name in names]
    write_report(out / REPORT_FILE, ordered)
    return FinishedRun(ordered, kept, out / REPORT_FILE)
