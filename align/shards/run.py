"""Stage 1 as a whole: photographs and clips to a folder of shards, resumable, on all cores or a cluster."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
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
from align.sources.photograph import Photograph
from align.tracks.options import USUAL_FRAMES, ClipOptions
from common.formats.manifest import ManifestHeader
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.onnx_session import settle_device

__all__ = ["LOCK_FILE", "AlignSummary", "align_source"]


@dataclass(frozen=True)
class AlignSummary:
    """What a run of stage 1 came to."""

    photographs: int  # and clips
    aligned: int  # of these, with a crop at least
    crops: int
    rejected: Counter[str]  # reason: count
    shards: int
    kept_shards: int  # of these, already there from an earlier run
    report: Path
    outdated_shards: int = 0  # made anew because an earlier version had made them, which aligned otherwise
    clips: int = 0  # among the photographs
    frames: int = 0  # of clips, that were looked at
    faceless: int = 0  # of these, without a face


def align_source(
    source: Source,
    out: Path,
    options: AlignOptions = AlignOptions(),
    *,
    clip_options: ClipOptions = USUAL_FRAMES,
    shard_size: int = 256,
    engine: Engine = Engine(),
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AlignSummary:
    """Align the photographs and clips of a source into shards in `out`, with manifest and list of rejects.

    The shards do not depend on the engine or the number of workers. A run that was killed continues, and one
    over unchanged photographs has nothing to do; changed, added and removed photographs are noticed. With
    `overwrite`, what is there is made anew. `shard_size` counts photographs and frames of clips: all crops of
    a clip lie in one shard. `progress(done, total)` counts photographs and clips.

    Raises UserError when the detector is not there, another run writes to `out`, or `out` is the source or
    belongs to another one or to other options; OSError when `out` cannot be written.
    """
    if os.path.realpath(source.origin) == os.path.realpath(out):
        raise UserError(f"the shards of {source.origin} cannot lie in it; name another folder with --out")
    # once for all workers, which may be on other machines: CUDA rounds otherwise
    options = replace(options, device=settle_device(options.device))
    slices = list(slices_of(source.photographs, shard_size, clip_options))
    header = _header(source, options, clip_options, shard_size, len(slices))
    engine = replace(engine, on_gpu=options.device is Device.CUDA and options.detector != NONE)
    with claim_folder(out, header, overwrite) as claimed:
        plan = _plan(source, slices, out, options, clip_options)
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
        source.clips,
        sum(entry.frames for entry in finished.entries),
        sum(entry.faceless for entry in finished.entries),
    )


def slices_of(
    photographs: Sequence[Photograph], size: int, clip_options: ClipOptions
) -> Iterator[tuple[Photograph, ...]]:
    """The photographs of each shard, in order: up to `size`, where a clip counts as its frames.

    One that is longer, or may be, is a shard of its own.
    """
    started, room = 0, size
    for index, photograph in enumerate(photographs):
        weight = min(size, clip_options.most_frames or size) if photograph.is_clip else 1
        if weight > room:
            yield tuple(photographs[started:index])
            started, room = index, size
        room -= weight
    if started < len(photographs):
        yield tuple(photographs[started:])


def _plan(
    source: Source,
    slices: Sequence[tuple[Photograph, ...]],
    out: Path,
    options: AlignOptions,
    clip_options: ClipOptions,
) -> list[PlannedShard[ShardJob]]:
    jobs = [
        ShardJob(
            source.root.absolute(),  # workers of a cluster have working folders of their own
            photographs,
            out.absolute() / f"shard-{number:05d}.h5",
            options,
            clip_options,
        )
        for number, photographs in enumerate(slices)
    ]
    return [
        PlannedShard(job.destination, job, inputs, len(job.photographs))
        for job, inputs in zip(jobs, fingerprints(jobs), strict=True)
    ]


def _header(
    source: Source, options: AlignOptions, clip_options: ClipOptions, shard_size: int, shards: int
) -> ManifestHeader:
    settled = options.as_dict() | {
        "shard-size": shard_size,
        "layout": source.layout.value,
        **source.selection.as_dict(),
        **source.reading.as_dict(),
        "weights": detector_fingerprint(options.detector),
        **(clip_options.as_dict() if source.clips else {}),
    }
    return ManifestHeader(str(source.origin.resolve()), settled, shards, source.account())
