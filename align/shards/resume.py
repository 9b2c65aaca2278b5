"""What an earlier run left behind, and how much of it still holds."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from align.media.unreadable import TRANSIENT
from align.shards.job import ShardJob
from align.tracks.options import ClipOptions
from common.formats.manifest import MANIFEST_FILE, SHARD_NAME, Manifest, ManifestEntry, ManifestHeader
from common.formats.shards import FORMAT_VERSION, SHARD_PATTERN, open_shard
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from common.runtime.worker_processes import available_cores

STAT_THREADS = 16
ALIGNMENT_VERSION = 4  # raised whenever the same photograph would give another crop, or one at all
CLIP_VERSION = 1  # raised whenever the same clip would give other crops or tracks of the same frames


def refuse_what_differs(out: Path, header: ManifestHeader, earlier: Manifest | None) -> None:
    """Raises UserError when the shards that are there belong to another source, other options, or nobody."""
    if not _shards(out):
        return
    if earlier is None:
        raise UserError(
            f"{out} holds shards without a manifest; name another folder with --out, or remove them with "
            "--overwrite"
        )
    way_out = "name another folder with --out, or make them anew with --overwrite"
    if earlier.header.source != header.source:
        raise UserError(f"{out} holds shards of {earlier.header.source}; {way_out}")
    told, made = header.options, dict(earlier.header.options)
    if "limit" in told and _is_wider(told["limit"], made.get("limit")):
        made["limit"] = told["limit"]  # more of the same keeps what is there
    of_clips = ClipOptions().as_dict().keys()
    if not made.keys() & of_clips:  # there were none when it was made
        told = {name: value for name, value in told.items() if name not in of_clips}
    different = [name for name in told if told[name] != made.get(name)]
    if different == ["weights"]:
        raise UserError(f"the shards in {out} were made with other weights of the detector; {way_out}")
    if different:
        name = next(name for name in different if name != "weights")
        before, now = _plain(made.get(name)), _plain(told[name])
        raise UserError(
            f"the shards in {out} were made with --{name} {before}, not {now}; give the same options, "
            f"{way_out}"
        )


def _plain(value: object) -> object:
    return "none" if value in (None, []) else value


def _is_wider(limit: int | None, earlier: object) -> bool:
    return isinstance(earlier, int) and (limit is None or limit >= earlier)


def fingerprints(jobs: list[ShardJob], version: int = ALIGNMENT_VERSION) -> list[str]:
    """Of each slice, what changes whenever one of its photographs, a label, or the way of aligning does."""
    with ThreadPoolExecutor(STAT_THREADS) as pool:  # over a network, each file costs a round trip
        return list(pool.map(partial(_fingerprint, version=version), jobs))


def count_outdated(earlier: Manifest | None, planned: list[tuple[ShardJob, str]]) -> int:
    """How many shards differ from what is planned in nothing but the version that aligned them.

    Args:
        earlier: what an earlier run recorded.
        planned: jobs and their fingerprints.
    """
    entries = earlier.entries if earlier else {}
    changed = {
        job: entry.inputs
        for job, inputs in planned
        if (entry := entries.get(job.destination.name)) is not None and entry.inputs != inputs
    }
    before = [fingerprints(list(changed), version) for version in range(1, ALIGNMENT_VERSION)]
    return sum(
        inputs in made for inputs, made in zip(changed.values(), zip(*before, strict=True), strict=True)
    )


def _fingerprint(job: ShardJob, version: int) -> str:
    digest = hashlib.sha256(f"{FORMAT_VERSION} {version}".encode())
    for photograph in job.photographs:
        try:
            status = (job.root / photograph.path).stat()
            state = [status.st_size, status.st_mtime_ns]
        except (OSError, ValueError):
            state = []
        facts = [photograph.path, photograph.identity, photograph.synthetic, photograph.problem, state]
        if photograph.groups or photograph.species:
            facts += [photograph.groups, photograph.species]
        facts += ["pseudo"] if photograph.pseudo else []
        if photograph.is_clip:
            facts += [job.clip_options.as_dict(), CLIP_VERSION]
        digest.update(json.dumps(facts).encode())
    return digest.hexdigest()


def find_finished(earlier: Manifest | None, planned: list[tuple[Path, str]]) -> dict[str, ManifestEntry]:
    """The shards that an earlier run left and that need not be made again, by name.

    Args:
        earlier: what that run recorded.
        planned: the file of each shard that is to be there, and the fingerprint of what it is made from.
    """
    if earlier is None:
        return {}
    claimed = [
        (destination, entry)
        for destination, inputs in planned
        if (entry := earlier.entries.get(destination.name)) is not None
        and entry.inputs == inputs
        and not any(reason.startswith(TRANSIENT) for _, reason in entry.rejected)
    ]

    def is_whole(claim: tuple[Path, ManifestEntry]) -> bool:
        path, entry = claim
        return path.is_file() and file_sha256(path) == entry.sha256 and _rows(path) == entry.rows

    with ThreadPoolExecutor(available_cores()) as pool:  # hashing is most of a run with nothing to do
        whole = pool.map(is_whole, claimed)
        return {entry.shard: entry for (_, entry), fine in zip(claimed, whole, strict=True) if fine}


def _rows(path: Path) -> int:
    with open_shard(path) as shard:
        return len(shard["images"])


def remove_shards(out: Path, but: set[str] | None = None) -> None:
    """Remove shards, all or those of photographs that are gone: these must not be trained on."""
    if but is None:
        (out / MANIFEST_FILE).unlink(missing_ok=True)
    for path in _shards(out):
        if path.name not in (but or ()):
            path.unlink()


def _shards(out: Path) -> list[Path]:
    """The files that carry names which `align run` gives; others are not its to judge or remove."""
    return [path for path in out.glob(SHARD_PATTERN) if SHARD_NAME.fullmatch(path.name)]
