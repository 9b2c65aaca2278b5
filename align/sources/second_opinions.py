"""What else than the labels that were read speaks of the photographs: other files, and names of folders."""

from collections.abc import Sequence
from pathlib import Path

from align.sources.folder import Folder
from align.sources.kind_folders import LITERAL, kind_of_path, side_by_side
from align.sources.label_file import LabelFile, above
from align.sources.layouts import LayoutName
from align.sources.like_labels import refuse_names_like_labels
from align.sources.photograph import Photograph, folder_of
from align.sources.photograph_list import read_photograph_list
from align.sources.unread_tables import notes_of, refuse_labels, unread_tables
from align.sources.walk import LABEL_SUFFIXES
from common.formats.labels.join import join_labels
from common.formats.labels.kinds import Kind
from common.formats.labels.labelling import GO_ON
from common.runtime.errors import UserError
from common.runtime.wording import counted

_FOLDERS_OF_LABELS = frozenset(
    {"label", "labels", "annotation", "annotations", "meta", "metadata", "protocol", "protocols", "list"}
    | {"lists", "csv", "anno", "ann"}
)


def check_second_opinions(
    folder: Folder, layout: LayoutName, told: bool, photographs: Sequence[Photograph]
) -> None:
    """Hold what was taken against everything else that may label the photographs, and note what is not read.

    Raises UserError where columns are told that no table has, and, unless the layout is `told` or it is
    allowed, where labels or names of folders contradict each other or do not tell what they are.
    """
    files, notes = folder.taking.files, folder.taking.notes
    tables = any(file.lower().endswith((".csv", ".tsv")) for file in files)
    if folder.reading.positive and not tables:
        raise UserError(
            f"--positive says what 1 means in a column of labels, and the layout {layout} reads none in or "
            f"above {folder.root}; leave it out, or name the .csv"
        )
    if folder.reading.columns and not tables:
        raise UserError(
            f"--columns names columns of a .csv, and none in or above {folder.root} has them and names "
            "photographs that are there; mend the names, or leave it out"
        )
    strict = not told and not folder.reading.allow_unlabelled
    nothing_said = not files and layout in (LayoutName.PEOPLE, LayoutName.FLAT)
    if files:
        compare_with_folders(folder, photographs, strict and folder.reading.positive is None)
    if nothing_said and not told:
        refuse_names_like_labels(folder.root, folder.paths)
    _note_unread_files(folder, photographs, strict, bool(files) or layout is LayoutName.REAL_FAKE)
    if nothing_said and strict:
        _refuse_labels_around(folder)
    if nothing_said and len({photograph.identity for photograph in photographs}) == 2:
        notes.append("two people, and nothing says what is synthetic: none is")  # they may be real and fake


def compare_with_folders(folder: Folder, photographs: Sequence[Photograph], strict: bool) -> None:
    """Warn where labels call bona fide what lies in folders of synthetic ones, or the reverse.

    Raises UserError instead, if `strict`: nobody has told what holds.
    """
    kinds = {**side_by_side([photograph.path for photograph in photographs]), **LITERAL}
    root, place = folder.root.absolute(), Path(folder.taking.files[0]).absolute().parent
    own = root.relative_to(place).as_posix() if place in root.parents else ""  # of a table above the folder
    wrong = [
        photograph
        for photograph in photographs
        if (kind := kind_of_path(f"{own}/{folder_of(photograph.path)}".strip("/"), kinds))
        and (kind is Kind.SYNTHETIC) != photograph.synthetic
    ]
    if wrong:
        called = "synthetic" if wrong[0].synthetic else "bona fide"
        problem = (
            f"{folder.taking.files[0]} and the names of the folders contradict each other for {len(wrong):,} "
            f"of {counted(len(photographs), 'photograph')}: {wrong[0].path} is called {called}"
        )
        if strict:
            raise UserError(
                f"{problem}; tell what holds with --layout labels, people or real-fake, or with --positive "
                "real where 1 means bona fide"
            )
        folder.taking.warnings.append(problem)


def _note_unread_files(
    folder: Folder, photographs: Sequence[Photograph], strict: bool, known_otherwise: bool
) -> None:
    """Note the files in the folder that may be of labels and are not read.

    Raises UserError, if `strict`, for one that says other things of the photographs than was taken, and,
    unless it is `known_otherwise` what they are, for one that may label them in a way that is not known.
    """
    taking = folder.taking
    read = set(taking.files)
    rest = [
        file
        for file in folder.files
        if str(file.path) not in read and not folder.reading.is_correction(file.path)
    ]
    known = [file for file in folder.tables if file in rest]
    for file in known:
        try:
            note, contradicts = _other_flags(folder, file, photographs)
        except UserError as error:
            note, contradicts = f"{file.path} is not read: {error}", False
        taking.unread.append(note)
        if strict and contradicts:
            by = f" by {taking.files[0]}" if taking.files else ""
            raise UserError(
                f"{note}{by}; remove the wrong one, or tell with --layout what holds, or go on with {GO_ON}"
            )
    unknown = [file for file in rest if file not in known]
    tables = unread_tables([file.path for file in unknown], folder.paths)
    if strict and not known_otherwise:
        refuse_labels(tables)
    meta = {file.path for file in unknown if file.is_meta}
    taking.unread += notes_of([table for table in tables if table.names or table.why or table.file in meta])


def _other_flags(folder: Folder, file: LabelFile, photographs: Sequence[Photograph]) -> tuple[str, bool]:
    """What to tell of a table that was not read, and whether it says other things than was taken."""
    listed = read_photograph_list(file.path, folder.reading.columns, folder.reading.positive)
    if listed.guessed:
        return f"{file.path} is not read: {listed.notes[-1]}", False
    rows = listed.rows
    said = {row.path: row.said.synthetic for row in rows if row.said.synthetic is not None}
    own = file.spoken_of(folder.paths)
    flags = {own[path]: said[key] for key, path in join_labels(said, list(own)).path_of.items()}
    same = [photograph for photograph in photographs if photograph.path in flags]
    wrong = [photograph.path for photograph in same if photograph.synthetic != flags[photograph.path]]
    if wrong:
        some = f"{len(wrong):,} of {counted(len(photographs), 'photograph')}, such as {wrong[0]}"
        return f"{file.path} says something else of {some}, than is taken", True
    if same:
        return f"{file.path} is not read: it says the same of {counted(len(same), 'photograph')}", False
    return f"{file.path} is not read: it says of no photograph here whether it is synthetic", False


def _refuse_labels_around(folder: Folder) -> None:
    """Raise UserError for a file that may label most photographs of a folder and was not read.

    Such are looked for right above it, and in folders beside it that are called `labels` or the like.
    """
    root = folder.root.absolute()
    files = [file.path for file in next(above(root, LABEL_SUFFIXES), []) if not file.is_meta]
    try:
        beside = [entry for entry in root.parent.iterdir() if entry.name.lower() in _FOLDERS_OF_LABELS]
        for place in sorted(beside):
            if place.is_dir() and place != root:
                files += sorted(file for file in place.iterdir() if file.suffix.lower() in LABEL_SUFFIXES)
    except OSError:
        return
    files = [file for file in files if not folder.reading.is_correction(file)]
    tables = unread_tables(files, folder.paths)
    most = min(len(folder.paths), 1000)
    refuse_labels(table for table in tables if 2 * table.names >= most)
