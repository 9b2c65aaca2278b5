"""The layout `pairs`: folders of two photographs that are to be compared, as `infer pairs` reads them."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from align.sources.pair_labels import PairLabel
from align.sources.photograph import Photograph, folder_of, without_suffix
from align.sources.splits import names_nobody

_STEMS = ("0", "1")


def pairs(paths: Sequence[str], labels: Mapping[str, PairLabel]) -> list[Photograph]:
    """The photographs `PAIR_ID/0.*` and `PAIR_ID/1.*` of sorted `paths`; others are passed over.

    Folders like `images` may lie around all pairs. Each photograph is an identity of its own, `PAIR_ID/0`,
    unless the pair's label says that both show one person, who is then called `PAIR_ID`. Photographs without
    a label are bona fide.
    """
    around = folders_around_pairs(paths)
    photographs = []
    for path in paths:
        pair, stem = _parts(path, around)
        if pair and stem in _STEMS:
            label = labels.get(pair)
            identity = pair if label and label.same_person else without_suffix(path)
            photographs.append(
                Photograph(path, identity, label is not None and label.synthetic[_STEMS.index(stem)])
            )
    return photographs


def pair_ids(paths: Sequence[str]) -> list[str]:
    """The distinct folders that hold `0.*` or `1.*`, in the order of the paths."""
    around = folders_around_pairs(paths)
    parts = (_parts(path, around) for path in paths)
    return list(dict.fromkeys(pair for pair, stem in parts if pair and stem in _STEMS))


def looks_like_pairs(paths: Sequence[str]) -> bool:
    """Whether every photograph is `PAIR_ID/0.*` or `PAIR_ID/1.*`, and every folder has both."""
    around = folders_around_pairs(paths)
    return bool(paths) and all(
        folder.count("/") == around.count("/")
        and folder.startswith(around)
        and folder != around
        and {_parts(path, around)[1] for path in own} == set(_STEMS)
        for folder, own in groupby(paths, key=folder_of)
    )


def folders_around_pairs(paths: Sequence[str]) -> str:
    """The folders, each with its slash, that lie around all pairs and are called `images` and the like."""
    around = ""
    deeper = [path for path in paths if "/" in path]
    while deeper:
        top = deeper[0][len(around) :].partition("/")[0]
        own = f"{around}{top}/"
        if not names_nobody(top) or not all(
            path.startswith(own) and "/" in path[len(own) :] for path in deeper
        ):
            break
        around = own
    return around


def _parts(path: str, around: str) -> tuple[str, str]:
    """Folder and stem; the folder is empty where the path is not of exactly one folder below those around."""
    folder, _, name = path.removeprefix(around).rpartition("/")
    return ("" if "/" in folder or not path.startswith(around) else folder), without_suffix(name)
