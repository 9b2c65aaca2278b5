"""The layout `csv`: a list that names the photographs, whom they show, and which are synthetic."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from align.sources.boundary import Boundary
from align.sources.list_fit import ListFit
from align.sources.photograph import Photograph, without_suffix
from align.sources.photograph_list import ListedRow, read_photograph_list
from align.sources.walk import walk
from common.formats.labels.join import Join, join_labels
from common.runtime.errors import UserError

LEAVES = "the path leaves the folder of the list"
LISTED_TWICE = "listed twice"
_ABSOLUTE = re.compile(r"/|\\|[A-Za-z]:")


@dataclass(frozen=True)
class Listed:
    """What a list names."""

    photographs: list[Photograph]  # sorted by path
    notes: list[str]  # how it was read, for people
    fit: ListFit


def read_list(file: Path, follow_links: bool = False, told: Mapping[str, str] = {}) -> Listed:
    """The photographs that a CSV file lists, sorted by path, relative to its folder.

    `read_photograph_list` says what the list may look like. Without an identity a photograph is one of its
    own, its path without suffix; where nothing says that it is synthetic it is bona fide. Paths of files that
    are not there are looked for under their folder by the rules of `join_labels`; those that are not found
    keep their row.

    A path that leaves the folder, also by a link unless `follow_links`, and one listed before keep their row
    and have a problem; the first is given as it stands, other paths without `.`, `..` and doubled slashes.

    Raises UserError, naming the line, when the file is not such a list, when it lists nothing, and when it
    says two things of one photograph.
    """
    listed = read_photograph_list(file, told)
    boundary = Boundary(file.parent, follow_links)
    inside = [boundary.normalised(row.path) for row in listed.rows]
    absent = {path for path in inside if path is not None and not (file.parent / path).exists()}
    join = _join(file.parent, follow_links, listed.rows, inside, bool(absent))
    photographs = []
    missing, outside = [], []
    for row, path in zip(listed.rows, inside, strict=True):
        if row.drop:
            continue
        found = join.path_of.get(row.path if path is None else path, path)
        problem = None if found is not None else f"{LEAVES} ({boundary.why_outside(row.path)})"
        if found is None:
            outside.append(row)
        elif found in absent:
            missing.append(row)
        found = row.path if found is None else found
        identity = row.identity or without_suffix(found)
        photographs.append((Photograph(found, identity, bool(row.synthetic), problem), row))
    notes = [*listed.notes, *(f"{count:,} paths found by {rule}" for rule, count in join.rules.items())]
    fit = ListFit(file, [row for _, row in photographs], missing, outside, listed.says_synthetic)
    return Listed(_without_repetitions(file, photographs), notes, fit)


def _join(
    root: Path,
    follow_links: bool,
    rows: Sequence[ListedRow],
    inside: Sequence[str | None],
    any_absent: bool,
) -> Join:
    """Where the files are that are not where their row says; the join of nothing where all are there."""
    keys = [row.path if path is None else path for row, path in zip(rows, inside, strict=True)]
    missing = any_absent or any(
        path is None and _ABSOLUTE.match(row.path) for row, path in zip(rows, inside, strict=True)
    )
    if not missing:
        return join_labels([], [])
    try:
        paths = walk(root, follow_links).paths
    except UserError:  # the rows will say that there is no such file
        return join_labels([], [])
    told = [
        key
        for key, path in zip(keys, inside, strict=True)
        if path is not None or (_ABSOLUTE.match(key) and "\0" not in key)
    ]
    return join_labels(dict.fromkeys(told), paths)


def _without_repetitions(file: Path, found: list[tuple[Photograph, ListedRow]]) -> list[Photograph]:
    """The photographs by path; of several rows of one the first, with the flag that any of them has."""
    found.sort(key=lambda pair: pair[0].path)
    photographs = [photograph for photograph, _ in found]
    first, said = 0, found[0][1] if found else None
    for index in range(1, len(photographs)):
        own, row = found[index]
        if own.path != photographs[first].path or own.problem is not None:
            first, said = index, row
            continue
        if said is None or said.synthetic is None:
            said = row
        elif row.synthetic not in (None, said.synthetic):
            raise UserError(
                f"{file}, lines {said.line} and {row.line}: {own.path} is called synthetic once and "
                "bona fide once; remove the wrong one"
            )
        photographs[first] = replace(photographs[first], synthetic=bool(said.synthetic))
        photographs[index] = replace(own, problem=LISTED_TWICE)
    return photographs
