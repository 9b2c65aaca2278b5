"""The layout `real-fake`: folders that say what is synthetic, at the top, in splits, or by person."""

from collections.abc import Sequence
from itertools import groupby

from align.sources.folder import Folder
from align.sources.kind_folders import LITERAL, KindFolders, kind_of_path, side_by_side
from align.sources.photograph import Photograph, folder_of, without_suffix
from align.sources.splits import is_split, names_nobody
from align.sources.video_names import with_videos
from common.formats.labels.kinds import Kind
from common.runtime.errors import UserError

NEEDS = "folders named real and fake, at the top or in others, with photographs in them"
_SHOWN = 8  # folder names in a message


def photographs(folder: Folder) -> list[Photograph]:
    """The photographs of a folder that lie in folders of real and fake ones."""
    found, videos = with_videos(real_fake(folder.paths, folder.reading.synthetic))
    if videos:
        folder.taking.notes.append(f"{videos:,} source videos by names as in FaceForensics++, TARGET_SOURCE")
    return found


def real_fake(paths: Sequence[str], synthetic: Sequence[str] = ()) -> list[Photograph]:
    """The photographs of sorted `paths` that lie in a folder that says real or fake.

    These are folders called real and fake, in capitals or not, and those that `side_by_side` finds; or, where
    the `synthetic` ones are named (`.` for all there is), these, and all others are bona fide. The topmost of
    these folders decides. The person is the first folder that is neither one of these nor one that names
    nobody (a split, `frames`), so `real/anna/0.jpg` and `fake/anna/1.jpg` show one; a folder that all of
    these lie in is nobody. A photograph in no person's folder is an identity of its own.

    Raises UserError when a folder that is named is not there.
    """
    kinds = _told(paths, synthetic) if synthetic else {**side_by_side(paths), **LITERAL}
    folders = [(folder, list(own)) for folder, own in groupby(paths, key=folder_of)]
    placed = [(folder, own) for folder, own in folders if synthetic or kind_of_path(folder, kinds)]
    wrapping = _wrapping([own[0] for _, own in placed], kinds)
    found = []
    for folder, own in placed:
        is_synthetic = "." in synthetic or kind_of_path(folder, kinds) is Kind.SYNTHETIC
        person = _person(folder.split("/"), wrapping, kinds)
        found += [Photograph(path, person or without_suffix(path), is_synthetic) for path in own]
    return found


def looks_real_fake(paths: Sequence[str]) -> bool:
    """Whether folders say both kinds side by side, or are called real or fake with nothing else beside.

    Of the latter both may also occur apart, among the upper two folders; where there is only one, it lies at
    the top. Photographs lying loose, splits above a sole real or fake, and a folder that holds all else do
    not count.
    """
    folders = [folder for folder, _ in groupby(paths, key=folder_of) if folder]
    wrapping = _wrapping([f"{folder}/" for folder in (*folders[:1], *folders[-1:])], LITERAL)
    found: set[str] = set()
    nothing_beside = True
    for folder in folders:
        parts = folder.lower().split("/")[wrapping:]
        found.update(part for part in parts[:2] if part in LITERAL)
        topmost = next((part for part in parts if not is_split(part)), "")
        nothing_beside = nothing_beside and topmost in LITERAL
    return len(found) == 2 or (len(found) == 1 and nothing_beside) or bool(side_by_side(paths))


def _person(parts: Sequence[str], wrapping: int, kinds: KindFolders) -> str | None:
    """The first folder that may be a person's; None if there is none."""
    for level in range(wrapping, len(parts)):
        part = parts[level]
        is_label = part.lower() in kinds or "/".join(parts[: level + 1]).lower() in kinds
        if part and not is_label and not names_nobody(part):
            return part
    return None


def _told(paths: Sequence[str], synthetic: Sequence[str]) -> KindFolders:
    """The folders that are named, and those beside them, which are bona fide, as keys of `KindFolders`."""
    wanted = {name.strip("/").lower(): name for name in synthetic if name != "."}
    every: dict[str, str] = {}  # path of each folder and of those around it: its name; in small letters
    for folder, _ in groupby(paths, key=folder_of):
        parts = folder.lower().split("/") if folder else []
        every |= {"/".join(parts[: level + 1]): part for level, part in enumerate(parts)}
    named = {path for path, name in every.items() if {path, name} & wanted.keys()}
    found = wanted.keys() & (named | {every[path] for path in named})
    for name in wanted:
        if name not in found:
            tops = ", ".join(sorted({path.split("/")[0] for path in paths if "/" in path})[:_SHOWN])
            raise UserError(
                f"--synthetic {wanted[name]}: no folder is called so; there are {tops or 'no folders'}"
            )
    parents = {path.rpartition("/")[0] for path in named}
    beside = {
        path for path, name in every.items() if path.rpartition("/")[0] in parents and not names_nobody(name)
    }
    return dict.fromkeys(beside, Kind.BONA_FIDE) | dict.fromkeys(found, Kind.SYNTHETIC)


def _wrapping(paths: Sequence[str], kinds: KindFolders) -> int:
    """How many folders at the top hold all of the sorted `paths` and neither say a kind nor are a split."""
    count = 0
    if paths:
        for one, other in zip(paths[0].split("/")[:-1], paths[-1].split("/")[:-1], strict=False):
            if one != other or one.lower() in kinds or is_split(one):
                break
            count += 1
    return count
