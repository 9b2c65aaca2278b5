"""Folders whose names say that what lies in them is bona fide or synthetic."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from align.sources.photograph import folder_of
from align.sources.splits import names_nobody
from common.formats.labels.kinds import Kind, kinds_in, plain_words

LITERAL: Mapping[str, Kind] = {"real": Kind.BONA_FIDE, "fake": Kind.SYNTHETIC}

KindFolders = Mapping[str, Kind]  # by the name of a folder in small letters, or by its path from the root


def kind_of_path(folder: str, kinds: KindFolders) -> Kind | None:
    """What the topmost of the folders of a path that says it says of the photographs below."""
    path = ""
    for name in folder.lower().split("/"):
        path = f"{path}/{name}" if path else name
        if kind := kinds.get(name) or kinds.get(path):
            return kind
    return None


def side_by_side(paths: Sequence[str]) -> dict[str, Kind]:
    """The names of folders that say both kinds beside each other, somewhere in the tree; empty if none do.

    They do where the words of one say bona fide, those of another synthetic, and either nothing else is in
    their names (`0_real`, `training_fake`) or most folders beside them say something too, as in
    `Celeb-real`, `Celeb-synthesis`, `YouTube-real`. Among many people, `Ai_Sugiyama` says nothing.
    """
    found: dict[str, Kind] = {}
    for names in siblings(paths).values():
        said = kinds_of_names(names)
        bare = {name: kind for name, kind in said.items() if is_bare_label(name)}
        if len(set(bare.values())) < 2 and most_say(said, names):
            bare = said
        if len(set(bare.values())) == 2:
            found |= {name.lower(): kind for name, kind in bare.items()}
    return found


def siblings(paths: Sequence[str]) -> dict[str, set[str]]:
    """The names of the folders in each folder that holds folders, "" for the root."""
    found: dict[str, set[str]] = {}
    for folder, _ in groupby(paths, key=folder_of):
        while folder:
            parent, _, name = folder.rpartition("/")
            names = found.setdefault(parent, set())
            if name in names:
                break
            names.add(name)
            folder = parent
    return found


def kinds_of_names(names: Iterable[str]) -> dict[str, Kind]:
    """What each name says that says one kind."""
    return {name: kinds.pop() for name in names if len(kinds := kinds_in(name)) == 1}


def most_say(said: Mapping[str, Kind], names: Iterable[str]) -> bool:
    """Whether more than half of the folders that may be people's say something."""
    return 2 * len(said) > sum(not names_nobody(name) for name in names)


def is_bare_label(name: str) -> bool:
    """Whether nothing is in a name but a word that says a kind, numbers, splits and the like."""
    parts_of_words = ("bona", "fide", "deep", "non", "not", "vs")
    return all(word in parts_of_words or names_nobody(word) or kinds_in(word) for word in plain_words(name))
