"""Stage 1 as a whole: photographs to a folder of shards, resumable, on all cores or a cluster."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from align.crops.options import AlignOptions
from align.crops.reasons import group_reasons
from align.detectors.registry import NONE, detector_fingerprint
from align.shards.engines.engine import Engine
from align.shards.job import ShardJob, align_shard
from align.shards.make import LOCK_FILE, PlannedShard, claim_folder
from align.shards.resume import count_outdated, fingerprints
from align.sources.find import Source
from common.formats.manifest import ManifestHeader
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.onnx_session import settle_device

__all__ = ["LOCK_FILE", "AlignSummary", "align_source"]


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
    outdated_shards: int = 0  # made anew because an earlier version had made them, which aligned otherwise


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

    Raises UserError when the detector is not there, another run writes to `out`, or `out` is the source or
    belongs to another one or to other options; OSError when `out` cannot be written.
    """
    if os.path.realpath(source.origin) == os.path.realpath(out):
        raise UserError(f"the shards of {source.origin} cannot lie in it; name another folder with --out")
    # once for all workers, which may be on other machines: CUDA rounds otherwise
    options = replace(options, device=settle_device(options.device))
    header = _header(source, options, shard_size)
    engine = replace(engine, on_gpu=options.device is Device.CUDA and options.detector != NONE)
    with claim_folder(out, header, overwrite) as claimed:
        plan = _plan(source, out, options, shard_size)
        outdated = count_outdated(claimed.earlier, [(shard.job, shard.inputs) for shard in plan])
        finished = claimed.make(plan, align_shard, engine, progress)
    reasons = group_reasons(finished.entries)
    return AlignSummary(
        len(source.photographs),
        len(source.photographs) - reasons.total(),
        sum(entry.rows for entry in finished.entries),
        reasons,
        len(plan),
        finished.kept,
        finished.report,
        outdated,
    )


def _plan(source: Source, out: Path, options: AlignOptions, shard_size: int) -> list[PlannedShard[ShardJob]]:
    jobs = [
        ShardJob(
            source.root.absolute(),  # workers of a cluster have working folders of their own
            tuple(source.photographs[start : start + shard_size]),
            out.absolute() / f"shard-{number:05d}.h5",
            options,
        )
        for number, start in enumerate(range(0, len(source.photographs), shard_size))
    ]
    return [
        PlannedShard(job.destination, job, inputs, len(job.photographs))
        for job, inputs in zip(jobs, fingerprints(jobs), strict=True)
    ]


def _header(source: Source, options: AlignOptions, shard_size: int) -> ManifestHeader:
    settled = options.as_dict() | {
        "shard-size": shard_size,
        "layout": source.layout.value,
        **source.selection.as_dict(),
        **source.reading.as_dict(),
        "weights": detector_fingerprint(options.detector),
    }
    shards = -(-len(source.photographs) // shard_size)
    return ManifestHeader(str(source.origin.resolve()), settled, shards, source.account())
