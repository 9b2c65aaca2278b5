"""What else than the labels that were read speaks of the photographs: other files, and names of folders."""

from collections.abc import Sequence
from pathlib import Path

from align.sources.kind_folders import LITERAL, kind_of_path, side_by_side
from align.sources.label_files import LabelFile, above, is_meta
from align.sources.labels_csv import flags_of, own_tables_of_labels
from align.sources.photograph import Photograph, folder_of
from align.sources.reading import Reading
from align.sources.unread_tables import notes_of, refuse_labels, unread_tables
from align.sources.walk import Walk
from common.formats.labels.kinds import Kind
from common.formats.labels.labelling import GO_ON
from common.runtime.errors import UserError

_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".txt", ".lst")
_FOLDERS_OF_LABELS = frozenset(
    [
        "label",
        "labels",
        "annotation",
        "annotations",
        "meta",
        "metadata",
        "protocol",
        "protocols",
        "list",
        "lists",
        "csv",
        "anno",
        "ann",
    ]
)
_MOST = 100  # files that are looked into


def unread_labels(
    root: Path,
    found: Walk,
    used: Sequence[str],
    photographs: Sequence[Photograph],
    reading: Reading,
    strict: bool,
    known_otherwise: bool,
) -> list[str]:
    """What to tell of the files in a folder that may be of labels and are not among the `used` ones.

    Raises UserError, if `strict`, for one that says other things of the photographs than was taken, and,
    unless it is `known_otherwise` what they are, for one that may label them in a way that is not known.
    """
    read = {Path(file) for file in used}
    there = [root / table for table in found.tables]
    files = [file for file in there if file not in read and not reading.is_correction(file)]
    known = [file for file in own_tables_of_labels(root, found.tables, reading) if file.path in files]
    notes = []
    for file in known:
        try:
            note, contradicts = _other_flags(file, flags_of(file, found.paths, reading), photographs)
        except UserError as error:
            note, contradicts = f"{file.path} is not read: {error}", False
        notes.append(note)
        if strict and contradicts:
            raise UserError(
                f"{note}{f' by {used[0]}' if used else ''}; remove the wrong one, or tell with --layout what "
                f"holds, or go on with {GO_ON}"
            )
    told = {file.path for file in known}
    tables = unread_tables([file for file in files if file not in told][:_MOST], found.paths)
    if strict and not known_otherwise:
        refuse_labels(tables)
    return notes + notes_of(
        [table for table in tables if table.names or table.why or is_meta(LabelFile(table.file))]
    )


def refuse_labels_around(root: Path, paths: Sequence[str], reading: Reading) -> None:
    """Raise UserError for a file that may label most photographs of a folder and was not read.

    Such are looked for right above it, and in folders beside it that are called `labels` or the like.
    """
    above_it = next(iter(above(root, _SUFFIXES)), [])
    files = [file.path for file in above_it if not is_meta(file)]
    parent = root.absolute().parent
    try:
        beside = sorted(folder for folder in parent.iterdir() if folder.name.lower() in _FOLDERS_OF_LABELS)
        for folder in beside:
            if folder.is_dir() and folder != root.absolute():
                files += sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES)
    except OSError:
        return
    files = [file for file in files if not reading.is_correction(file)]
    tables = unread_tables(files[:_MOST], paths)
    refuse_labels([table for table in tables if 2 * table.names >= min(len(paths), 1000)])


def refuse_contradicting_folders(used: Sequence[str], photographs: Sequence[Photograph]) -> None:
    """Raise UserError where labels call bona fide what lies in folders of synthetic ones, or the reverse."""
    if not used:
        return
    kinds = {**side_by_side([photograph.path for photograph in photographs]), **LITERAL}
    wrong = [
        photograph
        for photograph in photographs
        if (said := kind_of_path(folder_of(photograph.path).split("/"), kinds))
        and (said[0] is Kind.SYNTHETIC) != photograph.synthetic
    ]
    if wrong:
        called = "synthetic" if wrong[0].synthetic else "bona fide"
        raise UserError(
            f"{used[0]} and the names of the folders contradict each other for {len(wrong):,} of "
            f"{len(photographs):,} photographs: {wrong[0].path} is called {called}; tell what holds with "
            "--layout labels, people or real-fake, or, where 1 means bona fide, with --columns bona-fide=NAME"
        )


def _other_flags(
    file: LabelFile, flags: dict[str, bool], photographs: Sequence[Photograph]
) -> tuple[str, bool]:
    """What to tell of a file that was not read, and whether it says other things than was taken."""
    said = [photograph for photograph in photographs if photograph.path in flags]
    wrong = [photograph.path for photograph in said if photograph.synthetic != flags[photograph.path]]
    if wrong:
        return (
            f"{file.path} says something else of {len(wrong):,} of {len(photographs):,} photographs, such as "
            f"{wrong[0]}, than is taken",
            True,
        )
    return (
        (f"{file.path} is not read: it says the same of {len(said):,} photographs", False)
        if said
        else (f"{file.path} is not read: it says of no photograph here whether it is synthetic", False)
    )
