"""The layout `csv`: a list that names the photographs, whom they show, and which are synthetic."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from align.sources.boundary import Boundary
from align.sources.folder import Folder
from align.sources.photograph import Photograph, without_suffix
from align.sources.photograph_list import ListedRow, pseudo_notes, read_photograph_list
from common.formats.labels.join import Join, join_labels
from common.formats.labels.labelling import GO_ON, MOST_LEFT
from common.runtime.errors import UserError
from common.runtime.wording import counted

NEEDS = "lines of path,identity,synthetic"
LEAVES = "the path leaves the folder of the list"
LISTED_TWICE = "listed twice"
_ABSOLUTE = re.compile(r"/|\\|[A-Za-z]:")
_SHOWN = 120  # characters of a path in a message

_Found = tuple[Photograph, ListedRow]


def photographs(folder: Folder) -> list[Photograph]:
    """The photographs that a CSV file lists, sorted by path, relative to its folder.

    `read_photograph_list` says what the list may look like. Without an identity a photograph is one of its
    own, its path without suffix; where nothing says that it is synthetic it is bona fide. Paths of files that
    are not there are looked for under their folder by the rules of `join_labels`; those that are not found
    keep their row.

    A path that leaves the folder, also by a link unless these are followed, and one listed before keep their
    row and have a problem; the former is given as it stands, others without `.`, `..` and doubled slashes.

    Raises UserError, naming the line, when the file is not such a list, lists nothing, or says two things of
    one photograph; and, unless that is allowed, when too little of it fits what is there.
    """
    file, taking = folder.origin, folder.taking
    listed = read_photograph_list(file, folder.reading.columns, folder.reading.positive)
    boundary = Boundary(folder.root, folder.follow_links)
    inside = [boundary.normalised(row.path) for row in listed.rows]
    absent = {path for path in inside if path is not None and not (folder.root / path).exists()}
    join = _join(folder, listed.rows, inside, absent)
    found: list[_Found] = []
    missing: list[ListedRow] = []
    outside: list[ListedRow] = []
    for row, path in zip(listed.rows, inside, strict=True):
        if row.said.drop:
            continue
        there = join.path_of.get(row.path if path is None else path, path)
        problem = None
        if there is None:
            outside.append(row)
            there, problem = row.path, f"{LEAVES} ({boundary.why_outside(row.path)})"
        elif there in absent:
            missing.append(row)
        identity = row.said.identity or without_suffix(there)
        said = row.said
        photograph = Photograph(
            there,
            identity,
            bool(said.synthetic),
            problem,
            said.groups,
            said.species,
            said.pseudo,
            flagged=said.synthetic is not None,
        )
        found.append((photograph, row))
    taking.files.append(str(file))
    taking.notes += listed.notes
    taking.notes += [f"{counted(count, 'path')} found by {rule}" for rule, count in join.rules.items()]
    kept = _without_repetitions(file, found)
    rows, allow = [row for _, row in found], folder.reading.allow_unlabelled
    taking.notes += _misfits(file, rows, missing, outside, allow)
    taking.notes += listed.unflagged(rows, allow)
    taking.notes += pseudo_notes(row.said for row in rows)
    return kept


def _join(folder: Folder, rows: Sequence[ListedRow], inside: Sequence[str | None], absent: set[str]) -> Join:
    """Where the files are that are not where their row says; the join of nothing where all are there."""
    keys = {}
    for row, path in zip(rows, inside, strict=True):
        if path is not None:
            keys[path] = path in absent
        elif _ABSOLUTE.match(row.path) and "\0" not in row.path:
            keys[row.path] = True  # as it is written on another machine
    try:
        return join_labels(keys, folder.paths) if any(keys.values()) else join_labels([], [])
    except UserError:  # the rows will say that there is no such file
        return join_labels([], [])


def _misfits(
    file: Path,
    rows: Sequence[ListedRow],
    missing: Sequence[ListedRow],
    outside: Sequence[ListedRow],
    allow: bool,
) -> list[str]:
    """What is left over of a list, for people.

    Raises UserError, unless `allow`, where no row that is called synthetic names a file that is there while
    others do, and where more than `MOST_LEFT` of the rows name none.
    """
    notes = []
    nowhere = {row.line for row in (*missing, *outside)}
    synthetic = {row.line for row in rows if row.said.synthetic}
    lost = bool(synthetic) and synthetic <= nowhere and len(nowhere) < len(rows)
    if lost:
        notes.append(f"none of its {len(synthetic):,} rows called synthetic names a file that is there")
    if missing:
        notes.append(
            f"{len(missing):,} of {len(rows):,} rows name no file that is there, the first in line "
            f'{missing[0].line}: "{missing[0].path[-_SHOWN:]}"'
        )
    too_many = lost or len(missing) > MOST_LEFT * len(rows)
    if not allow and too_many and len(nowhere) < len(rows):  # else the run ends with the reasons of all
        raise UserError(
            f"{file}: {'; '.join(notes)}; mend the paths, which are relative to {file.parent}, or go on with "
            f"{GO_ON}"
        )
    return notes


def _without_repetitions(file: Path, found: list[_Found]) -> list[Photograph]:
    """The photographs by path; of several rows of one the first, with the flag that any of them has."""
    kept: list[Photograph] = []
    for path, group in groupby(sorted(found, key=_path), key=_path):
        (first, row), *others = group
        if not others or first.problem is not None:
            kept += [first, *(photograph for photograph, _ in others)]
            continue
        flagged = [one for one in (row, *(other for _, other in others)) if one.said.synthetic is not None]
        for one in flagged:
            if one.said.synthetic != flagged[0].said.synthetic:
                raise UserError(
                    f"{file}, lines {flagged[0].line} and {one.line}: {path} is called synthetic once and "
                    "bona fide once; remove the wrong one"
                )
        synthetic = any(one.said.synthetic for one in flagged)
        kept.append(replace(first, synthetic=synthetic, pseudo=_all_guessed(flagged)))
        kept += [replace(photograph, problem=LISTED_TWICE) for photograph, _ in others]
    return kept


def _all_guessed(rows: Sequence[ListedRow]) -> bool:
    return bool(rows) and all(row.said.pseudo for row in rows)


def _path(found: _Found) -> str:
    return found[0].path
