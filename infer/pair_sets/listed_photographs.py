"""The photographs that a list of pairs names, found below a folder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from align.sources.boundary import Boundary
from align.sources.walk import walk
from common.formats.labels.join import join_labels
from common.formats.labels.nearest import nearest
from common.formats.pair_list import SHOWN, PairList
from common.runtime.errors import UserError

MANY_MISSING = 0.5  # of the photographs: then another folder may be meant


@dataclass(frozen=True)
class ListedPhotographs:
    """I distinct photographs of a list, in the order in which they are named.

    Attributes:
        names: (I,) relative to the folder, with forward slashes; those that are missing as they are written.
        rows: the row of a photograph by its path as it is written.
        notes: what was found otherwise than as it is written, and what is missing, for people.
    """

    names: list[str]
    rows: dict[str, int]
    notes: tuple[str, ...]


def find_listed(listed: PairList, root: Path, follow_links: bool, images_named: bool) -> ListedPhotographs:
    """The photographs of a list below `root`, whose files are looked for under other spellings if need be.

    A path that is not there as it is written means the one photograph that `join_labels` finds for it; only
    then is the folder walked. What is still missing keeps its row and is reported when it is read.

    Raises UserError, naming the line, for a path outside the folder, and when none of the photographs is in
    it; `images_named` tells whether the folder was named or is that of the list.
    """
    given = _relative(listed, root, follow_links)
    names = list(dict.fromkeys(given.values()))
    missing = [name for name in names if not os.path.lexists(root / name)]
    meant: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    if missing:
        meant, notes = _search(listed, root, names, missing, follow_links, images_named)
    rows: dict[str, int] = {}
    row_of = {text: rows.setdefault(meant.get(name, name), len(rows)) for text, name in given.items()}
    return ListedPhotographs(list(rows), row_of, notes)


def _relative(listed: PairList, root: Path, follow_links: bool) -> dict[str, str]:
    """Each path as it is written and as it is relative to the folder."""
    boundary = Boundary(root, follow_links)
    found: dict[str, str] = {}
    for text in dict.fromkeys(chain.from_iterable(zip(listed.first, listed.second, strict=True))):
        slashed = text.replace("\\", "/")
        normal = boundary.normalised(slashed)
        if normal is None:
            raise UserError(
                f"{listed.source}, line {_line_of(listed, text)}: {text[:SHOWN]!r} is outside the folder of "
                f"the photographs, {root}: {boundary.why_outside(slashed)}; write it relative to that, "
                "or name another with --images"
            )
        found[text] = normal
    return found


def _search(
    listed: PairList,
    root: Path,
    names: Sequence[str],
    missing: Sequence[str],
    follow_links: bool,
    images_named: bool,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What each missing name means, and what there is to tell of it."""
    absent = set(missing)
    there = sorted({*walk(root, follow_links).paths, *(name for name in names if name not in absent)})
    join = join_labels(names, there)
    meant = {name: join.path_of[name] for name in missing if name in join.path_of}
    lost = [name for name in missing if name not in meant]
    if len(lost) == len(names):
        close = nearest(lost[0], there)
        raise UserError(
            f"none of the photographs of {listed.source} lies in {root}: {len(names):,} files are missing "
            f"(looked for first: {root / lost[0]}{f', the nearest is {close}' if close else ''}); name "
            f"{'another folder' if images_named else 'their folder'} with --images"
        )
    notes = []
    if meant:
        how = ", ".join(f"{count:,} by {rule}" for rule, count in join.rules.items())
        name, path = next(iter(meant.items()))
        notes.append(f"photographs that are not there as written were found, {how}: '{name}' is '{path}'")
    if lost:
        notes.append(
            f"{len(lost):,} of {len(names):,} photographs are not in {root}, the first is '{lost[0]}'"
            + (_ambiguous(len(join.ambiguous_keys)) if join.ambiguous_keys else "")
            + ("; is their folder another, --images?" if len(lost) > MANY_MISSING * len(names) else "")
        )
    return meant, tuple(notes)


def _ambiguous(count: int) -> str:
    return f"; {count:,} of them could mean several"


def _line_of(listed: PairList, text: str) -> int:
    columns = zip(listed.first, listed.second, listed.lines, strict=True)
    return next(int(line) for *both, line in columns if text in both)
