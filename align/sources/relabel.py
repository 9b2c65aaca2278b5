"""Corrections to what a source says of its photographs, as `infer audit` writes them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from align.sources.photograph import Photograph
from align.sources.photograph_list import ListedRow, read_photograph_list
from common.formats.labels.join import join_labels, values_of_paths
from common.formats.labels.labelling import GO_ON
from common.formats.labels.nearest import nearest
from common.runtime.errors import UserError


def relabel(
    photographs: Sequence[Photograph], file: Path, root: Path, allow: bool
) -> tuple[list[Photograph], list[str]]:
    """The photographs as a list of corrections has them, and what was changed, for people.

    The list has the columns `path,identity,synthetic,drop`; an empty cell leaves what it is, `drop` of 1
    leaves the photograph out. Paths are those of the photographs, or absolute ones below `root`.

    Raises UserError when the list is malformed, when it says two things of one photograph, and, unless that
    is allowed, when one of its rows means no photograph.
    """
    rows = _by_path(file, read_photograph_list(file).rows, root)
    paths = [photograph.path for photograph in photographs]
    join = join_labels(rows, paths)
    corrections, contradicting = values_of_paths(
        join, {key: (row.identity, row.synthetic, row.drop) for key, row in rows.items()}
    )
    if contradicting:
        raise UserError(f"{file} says two things of {join.path_of[contradicting[0]]}; remove the wrong one")
    if join.unmatched_keys and not allow:
        first = join.unmatched_keys[0]
        near = nearest(first, paths) or paths[0]
        raise UserError(
            f"{file}, line {rows[first].line}: {first} is none of the photographs (nearest: {near}), and "
            f"{len(join.unmatched_keys) - 1:,} other rows are none; mend it, or go on with {GO_ON}"
        )
    kept = []
    people = flags = 0
    for photograph in photographs:
        identity, synthetic, drop = corrections.get(photograph.path, ("", None, False))
        if drop:
            continue
        other = replace(
            photograph,
            identity=identity or photograph.identity,
            synthetic=photograph.synthetic if synthetic is None else synthetic,
        )
        people += other.identity != photograph.identity
        flags += other.synthetic != photograph.synthetic
        kept.append(other)
    note = (
        f"{file}: {people:,} photographs given to other people, {flags:,} with the other flag, "
        f"{len(photographs) - len(kept):,} left out"
    )
    unmatched = f"{len(join.unmatched_keys):,} rows of {file} mean no photograph"
    return kept, [note, *([unmatched] if join.unmatched_keys else [])]


def _by_path(file: Path, rows: Sequence[ListedRow], root: Path) -> dict[str, ListedRow]:
    """The rows by their paths, which are made relative where they are absolute and below the root."""
    prefix = f"{root.absolute()}/"
    found: dict[str, ListedRow] = {}
    for row in rows:
        path = row.path.removeprefix(prefix)
        before = found.setdefault(path, row)
        if before != row:
            raise UserError(
                f"{file}, lines {before.line} and {row.line}: two things are said of {path}; remove one"
            )
    return found
