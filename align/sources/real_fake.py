"""The layout `real-fake`: folders named real and fake, at the top, in splits, or around or in people's."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from align.sources.photograph import Photograph, folder_of, without_suffix
from align.sources.splits import is_split

_KINDS = frozenset({"real", "fake"})


def real_fake(paths: Sequence[str]) -> list[Photograph]:
    """The photographs of sorted `paths` that lie in a folder real or fake, in capitals or not.

    The topmost of these folders decides. The person is the first folder that is neither one of these nor a
    split, so `real/anna/0.jpg` and `fake/anna/1.jpg` show one; a folder that all real and fake ones lie in
    is nobody. A photograph in no person's folder is an identity of its own.
    """
    placed = [path for path in paths if _kinds(folder_of(path).split("/"))]
    wrapping = _wrapping(placed)
    photographs = []
    for folder, own in groupby(placed, key=folder_of):
        parts = folder.split("/")
        synthetic = _kinds(parts)[0] == "fake"
        people = (part for part in parts[wrapping:] if part.lower() not in _KINDS and not is_split(part))
        person = next(people, None)
        photographs += [Photograph(path, person or without_suffix(path), synthetic) for path in own]
    return photographs


def looks_real_fake(paths: Sequence[str]) -> bool:
    """Whether both folders occur among the upper two, or one of them at the top and nothing beside it.

    Photographs lying loose, splits above a sole real or fake, and a folder that holds all else do not count.
    """
    folders = [folder for folder, _ in groupby(paths, key=folder_of) if folder]
    wrapping = _wrapping([f"{folder}/" for folder in (*folders[:1], *folders[-1:])])
    found: set[str] = set()
    nothing_beside = True
    for folder in folders:
        parts = folder.split("/")[wrapping:]
        found.update(_kinds(parts[:2]))
        topmost = next((part for part in parts if not is_split(part)), "")
        nothing_beside = nothing_beside and topmost.lower() in _KINDS
    return len(found) == 2 or (len(found) == 1 and nothing_beside)


def _kinds(folders: Iterable[str]) -> list[str]:
    return [name for folder in folders if (name := folder.lower()) in _KINDS]


def _wrapping(paths: Sequence[str]) -> int:
    """How many folders at the top hold all of the sorted `paths` and are neither real, fake nor a split."""
    count = 0
    if paths:
        for one, other in zip(paths[0].split("/")[:-1], paths[-1].split("/")[:-1], strict=False):
            if one != other or one.lower() in _KINDS or is_split(one):
                break
            count += 1
    return count
