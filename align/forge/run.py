"""Forging offline: a folder of shards to a folder of shards of synthetic faces, resumable, on all cores."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from align.crops.reasons import group_reasons
from align.forge.crops import crops_of_process
from align.forge.job import ForgeJob, forge_shard
from align.forge.options import ForgeOptions
from align.shards.engines.engine import Engine
from align.shards.make import PlannedShard, claim_folder
from common.forge.forger import FORGERY_VERSION
from common.forge.methods import TWO_FACES
from common.formats.manifest import ManifestHeader, read_manifest
from common.formats.shards import FORMAT_VERSION, shard_paths
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from common.runtime.worker_processes import available_cores


@dataclass(frozen=True)
class ForgeSummary:
    """What a run came to."""

    crops: int  # bona fide
    forgeries: int
    post_processed: int  # bona fide crops beside them
    passed_over: Counter[str]  # reason: crops
    shards: int
    kept_shards: int  # of these, already there from an earlier run
    report: Path  # CSV of the crops passed over


def forge_folder(
    folder: Path,
    out: Path,
    options: ForgeOptions,
    *,
    engine: Engine = Engine(),
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ForgeSummary:
    """Forge the bona fide crops of a folder of shards into as many shards in `out`, in the same order.

    The shards do not depend on the number of workers. A run that was killed continues, and one over
    unchanged shards has nothing to do; when one of them changed, all are made anew, since a partner may lie
    in any. With `overwrite`, what is there is made anew. `progress(done, total)` counts bona fide crops.

    Raises UserError when there is nothing to forge, a shard is damaged, another run writes to `out`, or `out`
    is `folder` or belongs to another one or to other options; OSError when `out` cannot be written.
    """
    if os.path.realpath(out) == os.path.realpath(folder):
        raise UserError(f"the forgeries of {folder} cannot lie in it; name another folder with --out")
    digest = _digest(folder)
    labels = crops_of_process(folder.absolute(), digest)
    if set(options.methods) <= set(TWO_FACES) and len(np.unique(labels.identities[labels.usable])) < 2:
        raise UserError(f"{folder} has faces of one person alone: there is nobody to swap with")
    try:
        plan = _plan(folder, out, digest, options)
        header = ManifestHeader(str(folder.resolve()), options.as_dict(), len(plan))
        with claim_folder(out, header, overwrite) as claimed:
            finished = claimed.make(plan, forge_shard, engine, progress)
    finally:
        crops_of_process.cache_clear()  # closes the shards
    crops = sum(shard.images for shard in plan)
    passed_over = group_reasons(finished.entries)
    forgeries = (crops - passed_over.total()) * options.per_image
    rows = sum(entry.rows for entry in finished.entries)
    return ForgeSummary(
        crops, forgeries, rows - forgeries, passed_over, len(plan), finished.kept, finished.report
    )


def _plan(folder: Path, out: Path, digest: str, options: ForgeOptions) -> list[PlannedShard[ForgeJob]]:
    folder = folder.absolute()
    crops = crops_of_process(folder, digest)
    plan = []
    for number in range(len(crops.ends)):
        destination = out.absolute() / f"shard-{number:05d}.h5"
        job = ForgeJob(folder, digest, number, destination, options)
        rows = crops.rows(number)
        bona_fide = int(crops.bona_fide[rows.start : rows.stop].sum())
        plan.append(PlannedShard(destination, job, digest, bona_fide))
    return plan


def _digest(folder: Path) -> str:
    """Of all shards of a folder, by their bytes. Raises UserError for one that is not as it was written."""
    paths = shard_paths(folder)
    with ThreadPoolExecutor(available_cores()) as pool:
        sums = list(pool.map(file_sha256, paths))
    manifest = read_manifest(folder)
    digest = hashlib.sha256(f"{FORMAT_VERSION} {FORGERY_VERSION}".encode())
    for path, found in zip(paths, sums, strict=True):
        entry = manifest.entries.get(path.name) if manifest else None
        if entry is not None and entry.sha256 != found:
            raise UserError(
                f"{path} is truncated or altered: its checksum is not that of the manifest; "
                "make it again with 'python -m align run'"
            )
        digest.update(f" {found}".encode())
    return digest.hexdigest()
