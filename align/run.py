"""Stage 1 as a whole: photographs to a folder of shards, resumable, on all cores or a cluster."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from align.detectors.open import find_detector
from align.detectors.session import settle_device
from align.engines.engine import Engine
from align.manifest import (
    Manifest,
    ManifestEntry,
    ManifestHeader,
    append_entry,
    read_manifest,
    write_manifest,
)
from align.options import AlignOptions
from align.reasons import REPORT_FILE, group_reasons, write_report
from align.resume import find_finished, fingerprints, refuse_what_differs, remove_shards
from align.shard_job import ShardJob, align_shard
from align.sources.find import Source
from common.atomic import remove_stale_temporaries
from common.errors import UserError

LOCK_FILE = ".lock"


@dataclass(frozen=True)
class AlignSummary:
    """What a run of stage 1 came to."""

    photographs: int
    aligned: int  # photographs with a crop at least
    crops: int
    rejected: Counter[str]  # reason: count
    shards: int
    kept_shards: int  # of these, already there from an earlier run
    report: Path


def align_source(
    source: Source,
    out: Path,
    options: AlignOptions = AlignOptions(),
    *,
    shard_size: int = 256,
    engine: Engine = Engine(),
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AlignSummary:
    """Align the photographs of a source into shards in `out`, with a manifest and a report of rejects.

    The shards do not depend on the engine or the number of workers. A run that was killed continues, and one
    over unchanged photographs has nothing to do; changed, added and removed photographs are noticed. With
    `overwrite`, what is there is made anew. `progress(done, total)` counts photographs.

    Raises UserError when the detector is not there, another run writes to `out`, or `out` belongs to another
    source or to other options; OSError when `out` cannot be written.
    """
    header = _header(source, options, shard_size)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / LOCK_FILE, timeout=0):
            if overwrite:
                remove_shards(out)
            earlier = read_manifest(out)
            refuse_what_differs(out, header, earlier)
            jobs = _jobs(source, out, options, shard_size)
            return _run(jobs, out, header, earlier, engine, progress)
    except Timeout as error:
        raise UserError(
            f"another run is writing to {out}; wait for its end, or name another folder with --out"
        ) from error


def _jobs(source: Source, out: Path, options: AlignOptions, shard_size: int) -> list[ShardJob]:
    return [
        ShardJob(
            source.root.absolute(),  # workers of a cluster have working folders of their own
            tuple(source.photographs[start : start + shard_size]),
            out.absolute() / f"shard-{number:05d}.h5",
            options,
        )
        for number, start in enumerate(range(0, len(source.photographs), shard_size))
    ]


def _run(
    jobs: list[ShardJob],
    out: Path,
    header: ManifestHeader,
    earlier: Manifest | None,
    engine: Engine,
    progress: Callable[[int, int], None],
) -> AlignSummary:
    prints = fingerprints(jobs)
    entries = find_finished(earlier, jobs, prints)
    kept = len(entries)
    write_manifest(out, Manifest(header, entries))
    remove_stale_temporaries(out)
    remove_shards(out, but={job.destination.name for job in jobs})

    todo = [index for index, job in enumerate(jobs) if job.destination.name not in entries]
    total = sum(len(job.photographs) for job in jobs)
    done = total - sum(len(jobs[index].photographs) for index in todo)
    progress(done, total)
    try:
        for position, result in engine.run(align_shard, [jobs[index] for index in todo]):
            job, inputs = jobs[todo[position]], prints[todo[position]]
            rejected = [list(reject) for reject in result.rejected]
            entry = ManifestEntry(job.destination.name, result.rows, result.sha256, inputs, rejected)
            append_entry(out, entry)
            entries[entry.shard] = entry
            done += len(job.photographs)
            progress(done, total)
    finally:
        remove_stale_temporaries(out)  # of workers that died or were stopped

    write_manifest(out, Manifest(header, entries))
    ordered = [entries[job.destination.name] for job in jobs]
    write_report(out / REPORT_FILE, ordered)
    reasons = group_reasons(ordered)
    return AlignSummary(
        total,
        total - reasons.total(),
        sum(entry.rows for entry in ordered),
        reasons,
        len(jobs),
        kept,
        out / REPORT_FILE,
    )


def _header(source: Source, options: AlignOptions, shard_size: int) -> ManifestHeader:
    detector = find_detector(options.detector)
    settled = options.as_dict() | {
        "device": settle_device(options.device).value,  # CUDA rounds otherwise
        "shard-size": shard_size,
        "layout": source.layout.value,
        **source.selection.as_dict(),
        "weights": detector.fingerprint,
    }
    shards = -(-len(source.photographs) // shard_size)
    return ManifestHeader(str(source.origin.resolve()), settled, shards)
