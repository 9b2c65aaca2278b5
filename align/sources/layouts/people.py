"""The layout `people`: one folder per person, and labels beside it that name what is synthetic."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from align.sources.folder import Folder
from align.sources.labels import labelled_by_meta
from align.sources.photograph import IMAGE_SUFFIXES, Photograph
from align.sources.splits import is_container, is_split

NEEDS = f"one subfolder per person with {', '.join(sorted(IMAGE_SUFFIXES))} files in it"


def photographs(folder: Folder) -> list[Photograph]:
    """The photographs of a folder, synthetic where `meta.json` says so."""
    return people(folder.paths, labelled_by_meta(folder))


def people(paths: Sequence[str], synthetic: Mapping[str, bool] = {}) -> list[Photograph]:
    """The photographs of sorted `paths`, named by their top folder; those that lie in none are passed over.

    A folder that holds nothing but the people's folders (`lfw/anna/0.jpg`) is nobody. Where all top folders
    are splits (`train/anna/0.jpg`), the folder below them names the person, and photographs that lie in a
    split itself are passed over; unless all do, when the splits count as people. So it is with folders that
    are called `images` and the like. `synthetic` flags paths; those that it does not name are bona fide.
    """
    level = _level_of_people(paths)
    found = []
    for person, own in groupby(paths, key=lambda path: _person(path, level)):  # one string for all its own
        if person is not None:
            found += [
                Photograph(
                    path, person, synthetic.get(path, False), flagged=not synthetic or path in synthetic
                )
                for path in own
            ]
    return found


def _level_of_people(paths: Sequence[str]) -> int:
    """Below how many folders those of the people are."""
    level = int(_is_wrapped(paths))
    for says_nothing in (is_container, is_split, is_container):
        while _all_above(paths, level, says_nothing):
            level += 1
            if says_nothing is is_split:
                break
    return level


def _person(path: str, level: int) -> str | None:
    folders = path.split("/", level + 1)[:-1]
    return folders[level] if len(folders) > level else None


def _is_wrapped(paths: Sequence[str]) -> bool:
    """Whether one folder, which is no split, holds all of the sorted paths, and all of them deeper."""
    if not paths or any(path.count("/") < 2 for path in paths):
        return False
    top = paths[0].partition("/")[0]
    return paths[-1].startswith(f"{top}/") and not is_split(top)


def _all_above(paths: Sequence[str], level: int, says_nothing: Callable[[str], bool]) -> bool:
    """Whether all folders of a level say nothing of people and one of them has folders of its own."""
    deep = False
    for path in paths:
        folders = path.split("/", level + 2)[:-1]
        if len(folders) > level and not says_nothing(folders[level]):
            return False
        deep = deep or len(folders) > level + 1
    return deep
