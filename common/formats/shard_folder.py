"""Folder of shards: what lies in it, held against what its manifest lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.formats.manifest import MANIFEST_FILE, Manifest, read_manifest
from common.formats.shards import SHARD_PATTERN, ShardHeader, open_shard, pseudo_labelled, shard_paths
from common.runtime.errors import ParameterError, UserError
from common.runtime.wording import counted

MOST_NAMED = 3  # shards of a problem


@dataclass(frozen=True)
class ShardFolder:
    """The shards of a folder and whether they are those that were to be there.

    Sums are not compared: that is `align check`'s, which reads every byte.
    """

    path: Path
    shards: tuple[Path, ...]  # that lie there, in order; one at least
    manifest: Manifest | None  # None for shards that were not made by `align run` or `align forge`
    problems: tuple[str, ...]  # what does not fit the manifest, a line for each kind; empty: all is there

    @property
    def notes(self) -> list[str]:
        """What a person should know of the folder: its problems, or that nothing vouches for it."""
        if self.manifest is None:
            return [f"{self.path} has no {MANIFEST_FILE}: nothing tells whether its shards are all there"]
        return [f"{self.path}: {problem}" for problem in self.problems]

    def require_whole(self, allow_missing: bool = False) -> "ShardFolder":
        """The folder itself. Raises UserError when it has problems that are not allowed."""
        if self.problems and not allow_missing:
            raise ParameterError(
                "{} is not what its manifest says: {}; run the command that made it again, or add "
                "{allow_missing} to take the shards that lie there",
                self.path,
                "; ".join(self.problems),
            )
        return self


def is_shard_folder(path: Path) -> bool:
    """Whether a folder holds shards, or the manifest of some that are gone."""
    if not path.is_dir():
        return False
    if any(path.glob(SHARD_PATTERN)):
        return True
    try:
        return read_manifest(path) is not None
    except (UserError, OSError):  # other software has files of that name, too
        return False


def open_folder(path: Path) -> ShardFolder:
    """The shards of a folder, each opened once, beside its manifest.

    Raises UserError when there is no such folder, no shard in it, a damaged one, or a manifest of another
    version.
    """
    if is_shard_folder(path) and not any(path.glob(SHARD_PATTERN)):
        lost = read_manifest(path)
        listed = 0 if lost is None else len(lost.entries)
        raise UserError(
            f"no shards in {path}, where its manifest lists {listed}; run the command that made it again"
        )
    shards = shard_paths(path)
    manifest = read_manifest(path)
    problems = () if manifest is None else tuple(_problems(shards, manifest))
    return ShardFolder(path, tuple(shards), manifest, problems)


def pseudo_label_notes(shards: Sequence[Path]) -> list[str]:
    """A note for people where flags of crops are guesses of models; none where none is.

    Raises UserError for a damaged shard.
    """
    guesses = 0
    for path in shards:
        with open_shard(path) as shard:
            guesses += int(pseudo_labelled(shard).sum())
    crops = counted(guesses, "crop")
    return [f"{crops} with a pseudo-label: what is synthetic there is the guess of models"] if guesses else []


def _problems(shards: Sequence[Path], manifest: Manifest) -> list[str]:
    listed = manifest.entries
    there = {shard.name: shard for shard in shards}
    problems = []
    absent = [name for name in sorted(listed) if name not in there]
    if absent:
        lost = sum(listed[name].rows for name in absent)
        crops = sum(entry.rows for entry in listed.values())
        problems.append(
            f"{len(absent)} of the {len(listed)} shards that it lists {_is(absent)} missing, with {lost:,} "
            f"of {crops:,} crops ({_named(absent)})"
        )
    other = [name for name in there if name in listed and _rows(there[name]) != listed[name].rows]
    if other:
        problems.append(
            f"{counted(len(other), 'shard of it has', 'shards of it have')} another number of crops "
            f"({_named(other)})"
        )
    foreign = [name for name in there if name not in listed]
    if foreign:
        problems.append(f"{counted(len(foreign), 'shard is', 'shards are')} not in it ({_named(foreign)})")
    planned = manifest.header.shards
    if planned > len(listed):
        problems.append(f"the run that makes it is not finished, {len(listed)} of {planned} shards are made")
    return problems


def _rows(path: Path) -> int:
    with open_shard(path) as shard:
        return len(shard["images"])


def _is(names: list[str]) -> str:
    return "are" if len(names) > 1 else "is"


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def only_header(headers: set[ShardHeader], folder: Path) -> ShardHeader:
    """The header that all shards of a folder have. Raises UserError where they have several."""
    if len(headers) > 1:
        raise UserError(
            f"the shards in {folder} differ in detector, template or size; "
            "make them again with 'python -m align run --overwrite'"
        )
    return headers.copy().pop()
