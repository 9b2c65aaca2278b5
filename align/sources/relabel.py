"""Corrections to what a source says of its photographs, as `infer audit` writes them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from align.sources.photograph import Photograph
from align.sources.photograph_list import Said, read_photograph_list
from common.formats.labels.join import join_labels, values_of_paths
from common.formats.labels.labelling import GO_ON
from common.formats.labels.nearest import nearest
from common.runtime.errors import UserError
from common.runtime.wording import counted


def relabel(
    photographs: Sequence[Photograph], file: Path, root: Path, allow: bool
) -> tuple[list[Photograph], list[str]]:
    """The photographs as a list of corrections has them, and what was changed, for people.

    The list has the columns `path,identity,synthetic,drop`; an empty cell leaves what it is, `drop` of 1
    leaves the photograph out. Paths are those of the photographs, or absolute ones below `root`.

    Raises UserError when the list is malformed, when it says two things of one photograph, and, unless that
    is allowed, when one of its rows means no photograph.
    """
    rows = read_photograph_list(file).by_path(prefix=f"{root.absolute()}/")
    paths = [photograph.path for photograph in photographs]
    join = join_labels(rows, paths)
    corrections, contradicting = values_of_paths(join, {path: row.said for path, row in rows.items()})
    if contradicting:
        raise UserError(f"{file} says two things of {join.path_of[contradicting[0]]}; remove the wrong one")
    lost = join.unmatched_keys
    if lost and not allow:
        near = nearest(lost[0], paths) or paths[0]
        raise UserError(
            f"{file}, line {rows[lost[0]].line}: {lost[0]} is none of the photographs (nearest: {near}), and "
            f"{len(lost) - 1:,} other rows are none; mend it, or go on with {GO_ON}"
        )
    kept = []
    people = flags = 0
    for photograph in photographs:
        said = corrections.get(photograph.path, Said())
        if said.drop:
            continue
        identity = said.identity or photograph.identity
        synthetic = photograph.synthetic if said.synthetic is None else said.synthetic
        people += identity != photograph.identity
        flags += synthetic != photograph.synthetic
        flagged = photograph.flagged or said.synthetic is not None
        pseudo = photograph.pseudo and said.synthetic is None  # what a person says is a label
        kept.append(
            replace(photograph, identity=identity, synthetic=synthetic, flagged=flagged, pseudo=pseudo)
        )
    notes = [
        f"{file}: {counted(people, 'photograph')} given to other people, {flags:,} with the other flag, "
        f"{len(photographs) - len(kept):,} left out"
    ]
    return kept, [*notes, *([f"{counted(len(lost), 'row')} of {file} without a photograph"] if lost else [])]
