"""Stage 1 as a whole: a folder of photographs to a folder of shards, resumable, on all cores."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from align.manifest import ManifestEntry, append_entry, read_manifest, start_manifest
from align.shard_job import ShardJob, align_shard, file_sha256
from align.sources import Photograph, find_photographs
from align.engines.local import run_in_processes
from common.atomic import remove_stale_temporaries, write_text_atomically
from common.shards import FORMAT_VERSION, SHARD_PATTERN

REPORT_FILE = "rejected.csv"
ALIGNMENT_VERSION = 1  # raised whenever the same photograph would give another crop


@dataclass(frozen=True)
class AlignSummary:
    """What a run of stage 1 came to."""

    photographs: int
    aligned: int
    rejected: Counter[str]  # reason: count
    shards: int
    kept_shards: int  # of these, already there from an earlier run
    report: Path


def align_folder(
    source: Path,
    out: Path,
    shard_size: int = 256,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AlignSummary:
    """Align the photographs of `source` into shards in `out`, with a manifest and a report of rejects.

    The shards do not depend on the number of workers. A run that was killed continues, and one over
    unchanged photographs has nothing to do; changed, added and removed photographs are noticed.
    `progress(done, total)` counts photographs.

    Raises UserError when there is nothing to align or `out` belongs to another source, OSError when `out`
    cannot be written.
    """
    photographs = find_photographs(source)
    out.mkdir(parents=True, exist_ok=True)
    slices = [
        tuple(photographs[start : start + shard_size]) for start in range(0, len(photographs), shard_size)
    ]
    names = [f"shard-{index:05d}.h5" for index in range(len(slices))]
    prints = [_fingerprint(source, photographs_of_shard) for photographs_of_shard in slices]

    earlier = read_manifest(out, source)
    entries = {
        name: earlier[name]
        for name, inputs in zip(names, prints, strict=True)
        if name in earlier and _is_current(out / name, earlier[name], inputs)
    }
    kept = len(entries)
    start_manifest(out, source, list(entries.values()))
    remove_stale_temporaries(out)
    _remove_stale(out, keep=set(names))

    todo = [index for index, name in enumerate(names) if name not in entries]
    jobs = [ShardJob(source, slices[index], out / names[index]) for index in todo]
    done = len(photographs) - sum(len(job.photographs) for job in jobs)
    progress(done, len(photographs))
    for position, result in run_in_processes(align_shard, jobs, workers):
        index = todo[position]
        entry = ManifestEntry(
            names[index],
            result.rows,
            result.sha256,
            prints[index],
            [list(reject) for reject in result.rejected],
        )
        append_entry(out, entry)
        entries[entry.shard] = entry
        done += len(jobs[position].photographs)
        progress(done, len(photographs))

    ordered = [entries[name] for name in names]
    start_manifest(out, source, ordered)
    _write_report(out / REPORT_FILE, ordered)
    reasons = Counter(_group(reason) for entry in ordered for _, reason in entry.rejected)
    return AlignSummary(
        len(photographs), sum(entry.rows for entry in ordered), reasons, len(names), kept, out / REPORT_FILE
    )


def _fingerprint(root: Path, photographs: tuple[Photograph, ...]) -> str:
    """Changes whenever a photograph of the slice, its label, or the way of aligning it does."""
    digest = hashlib.sha256(f"{FORMAT_VERSION} {ALIGNMENT_VERSION}".encode())
    for photograph in photographs:
        try:
            status = (root / photograph.path).stat()
            state = [status.st_size, status.st_mtime_ns]
        except OSError:
            state = []
        digest.update(
            json.dumps([photograph.path, photograph.identity, photograph.synthetic, state]).encode()
        )
    return digest.hexdigest()


def _is_current(path: Path, entry: ManifestEntry, inputs: str) -> bool:
    return entry.inputs == inputs and path.is_file() and file_sha256(path) == entry.sha256


def _remove_stale(out: Path, keep: set[str]) -> None:
    """Shards of photographs that are gone must not be trained on."""
    for path in out.glob(SHARD_PATTERN):
        if path.name not in keep:
            path.unlink()


def _write_report(path: Path, entries: list[ManifestEntry]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["path", "reason"])
    table.writerows(reject for entry in entries for reject in entry.rejected)
    write_text_atomically(path, text.getvalue())


def _group(reason: str) -> str:
    """A reason without the details that differ from file to file."""
    return reason.split(" (")[0]
