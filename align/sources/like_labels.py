"""Names of folders and files that read like labels where nothing else says what is synthetic: a question."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from align.sources.kind_folders import is_bare_label, kinds_of_names, most_say, siblings
from align.sources.photograph import folder_of, without_suffix
from align.sources.splits import names_nobody
from common.formats.labels.kinds import Kind, kinds_in
from common.formats.labels.labelling import MOST_LEFT
from common.runtime.errors import UserError
from common.runtime.wording import counted

_SHOWN = 5  # names in a message
_OPPOSITES = [
    set(pair.split())
    for pair in (
        *("0 1", "00 01", "class0 class1", "class_0 class_1", "pos neg", "positive negative", "true false"),
        *("yes no", "good bad", "orig swap", "r f", "source target", "photo cgi", "photos renders"),
    )
]
_WORD = re.compile(r"[^\W\d_]+")
_NAMES_TOO = frozenset({"ai", "gan", "edited", "live", "original"})  # of people, or of plain photographs


def refuse_names_like_labels(root: Path, paths: Sequence[str]) -> None:
    """Raise UserError where the folder, folders in it, or the files are named as labels are."""
    name = root.absolute().name
    if is_bare_label(name) and kinds_in(name) == {Kind.SYNTHETIC}:
        raise UserError(
            f"{root} itself is named as labels are. If all in it is synthetic, say --layout real-fake "
            "--synthetic . or name the folder that it lies in; if not, say --layout people or flat"
        )
    if names := like_labels(paths):
        raise UserError(
            f"folders in {root} are named as labels are: {_first(names)}. If they say what is synthetic, "
            "name each that is with --layout real-fake --synthetic NAME; if they are people, say --layout "
            "people"
        )
    if names := files_like_labels(paths):
        raise UserError(
            f"in {root}, {counted(len(names), 'file is', 'files are')} named as if synthetic: "
            f"{_first(names)}. If that is so, name a list, path,synthetic, instead of the folder; if not, "
            "say --layout people or flat"
        )


def like_labels(paths: Sequence[str]) -> list[str]:
    """Folders whose names read like labels although `side_by_side` finds no two kinds.

    Names of bona fide ones count at the top alone: below people's folders, `original` is an album; so does
    `anna_fake` beside `anna`.
    """
    by_parent = siblings(paths)
    found = _opposites(by_parent)
    for parent, names in sorted(by_parent.items()):
        at_top = all(names_nobody(folder) for folder in parent.split("/") if folder)
        said = kinds_of_names(names)
        others = {tuple(_words(name)) for name in names - said.keys()} if said else set()
        mostly = Kind.SYNTHETIC in said.values() and most_say(said, names)
        for name, kind in sorted(said.items()):
            of_another = tuple(word for word in _words(name) if not kinds_in(word)) in others
            if (
                mostly
                or (is_bare_label(name) and (kind is Kind.SYNTHETIC or at_top))
                or (kind is Kind.SYNTHETIC and of_another)
            ):
                found.append(_joined(parent, name))
    return found


def files_like_labels(paths: Sequence[str]) -> list[str]:
    """Files whose names say synthetic, as `fake_1.jpg`, where more than a few do; else none.

    Words of the folder, as of a person called so, say nothing.
    """
    found = []
    for folder, own in groupby(paths, key=folder_of):
        of_folder = _NAMES_TOO.union(_words(folder))
        for path in own:
            words = [word for word in _words(without_suffix(path[len(folder) :])) if word not in of_folder]
            if words and kinds_in(" ".join(words)) == {Kind.SYNTHETIC}:
                found.append(path)
    return found if len(found) > MOST_LEFT * len(paths) else []


def _opposites(by_parent: Mapping[str, set[str]]) -> list[str]:
    """Folders such as 0 and 1, that lie beside each other and beside nothing else in all their level."""
    levels: dict[int, set[str]] = {}
    for parent, names in by_parent.items():
        levels.setdefault(_level(parent), set()).update(name.lower() for name in names)
    found = []
    for level, names in sorted(levels.items()):
        if names in _OPPOSITES:
            parent = min(parent for parent in by_parent if _level(parent) == level)
            found += [_joined(parent, name) for name in sorted(by_parent[parent])]
    return found


def _level(folder: str) -> int:
    return folder.count("/") + bool(folder)


def _joined(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name


def _words(name: str) -> list[str]:
    return _WORD.findall(name.lower())


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
