"""A folder of shards, made one by one: by one run at a time, recorded and continued where it stopped."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock, Timeout

from align.crops.reasons import REPORT_FILE, write_report
from align.shards.engines.engine import Engine
from align.shards.equal_crops import remove_comparison
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


@dataclass(frozen=True)
class ClaimedFolder:
    """A folder of shards that no other run writes to."""

    path: Path
    header: ManifestHeader  # of this run
    earlier: Manifest | None  # of a run that may be continued

    def make(
        self,
        plan: Sequence[PlannedShard[Job]],
        work: Callable[[Job], ShardResult],
        engine: Engine,
        progress: Progress,
    ) -> FinishedRun:
        """Make the planned shards that are not there yet, and the manifest and the report of the folder.

        `work` is a module-level function that writes the shard of a job; `progress` counts the images that
        shards are made from.
        """
        names = [shard.destination.name for shard in plan]
        entries = find_finished(self.earlier, [(shard.destination, shard.inputs) for shard in plan])
        kept = len(entries)
        if kept < len(plan) or self.earlier is None or entries != self.earlier.entries:
            remove_comparison(self.path)
        write_manifest(self.path, Manifest(self.header, entries))
        remove_stale_temporaries(self.path)
        remove_shards(self.path, but=set(names))

        todo = [shard for shard in plan if shard.destination.name not in entries]
        total = sum(shard.images for shard in plan)
        done = total - sum(shard.images for shard in todo)
        progress(done, total)
        try:
            for position, result in engine.run(work, [shard.job for shard in todo]):
                shard, rejected = todo[position], [list(reject) for reject in result.rejected]
                name = shard.destination.name
                entries[name] = ManifestEntry(
                    name,
                    result.rows,
                    result.sha256,
                    shard.inputs,
                    rejected,
                    result.frames,
                    result.faceless,
                )
                append_entry(self.path, entries[name])
                done += shard.images
                progress(done, total)
        finally:
            remove_stale_temporaries(self.path)  # of workers that died or were stopped

        write_manifest(self.path, Manifest(self.header, entries))
        ordered = [entries[name] for name in names]
        write_report(self.path / REPORT_FILE, ordered)
        return FinishedRun(ordered, kept, self.path / REPORT_FILE)


@contextmanager
def claim_folder(out: Path, header: ManifestHeader, overwrite: bool) -> Iterator[ClaimedFolder]:
    """The folder for the shards of a run, held against other runs.

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
            yield ClaimedFolder(out, header, earlier)
    except Timeout as error:
        raise UserError(
            f"another run is writing to {out}; wait for its end, or name another folder with --out"
        ) from error
