"""The layout `labels`: photographs in a folder, and a CSV in it, below or above it that labels them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from align.sources.label_files import LabelFile, above, in_and_below, own_labels
from align.sources.list_fit import refuse_empty_flags, unflagged
from align.sources.pair_labels import names_two_faces
from align.sources.people import people
from align.sources.photograph import Photograph, folder_of, without_suffix
from align.sources.photograph_list import MAX_LINE, ListedRow, read_photograph_list
from align.sources.reading import Reading
from align.sources.splits import names_nobody
from align.sources.taking import Taking
from common.formats.csv_rows import first_row, read_csv_rows
from common.formats.labels.join import join_labels
from common.formats.labels.kinds import kinds_in
from common.formats.labels.labelling import GO_ON, LeftOver, label_paths
from common.formats.labels.nearest import nearest
from common.formats.labels.photograph_columns import NO_FLAGS, may_be_labels, path_column
from common.runtime.errors import UserError

_SUFFIXES = (".csv", ".tsv")
_MOST_FILES = 100  # that are looked into


def find_labels(root: Path, tables: Sequence[str], paths: Sequence[str], reading: Reading) -> list[LabelFile]:
    """The CSV files whose header is that of labels and of whose keys at least one means a photograph.

    Those in the folder, or else in folders below it, or else the nearest in the few folders above.

    Raises UserError where those in the folder are lists that call photographs synthetic and name none that
    is there, unless that is allowed; and when one is malformed.
    """
    own = own_tables_of_labels(root, tables, reading)
    fitting = [file for file in own if _keys_that_fit(file, paths, reading)]
    found = [file for file in fitting if not file.below] or fitting
    if found or not paths:
        return found
    for file in own if not reading.allow_unlabelled else ():
        _refuse_if_it_calls_any_synthetic(file, paths, reading)
    for files in above(root, _SUFFIXES):
        higher = _with_header_of_labels(files, reading)
        if found := [file for file in higher if _keys_that_fit(file, paths, reading)]:
            return found
    return []


def own_tables_of_labels(root: Path, tables: Sequence[str], reading: Reading) -> list[LabelFile]:
    """The CSV files in a folder or below it whose header is that of labels."""
    files = [file for file in in_and_below(root, tables) if file.path.suffix.lower() in _SUFFIXES]
    return _with_header_of_labels(files, reading)


def flags_of(file: LabelFile, paths: Sequence[str], reading: Reading) -> dict[str, bool]:
    """Of which photographs a file of labels says whether they are synthetic, and what."""
    rows = read_photograph_list(file.path, reading.columns).rows
    own = file.paths(paths)
    said = {row.path: row.synthetic for row in rows if row.synthetic is not None}
    return {own[path]: said[key] for key, path in join_labels(said, list(own)).path_of.items()}


def labelled_photographs(
    files: Sequence[LabelFile], paths: Sequence[str], reading: Reading
) -> tuple[list[Photograph], Taking]:
    """The photographs that files of labels speak of; the others, among them or elsewhere, are left out.

    The person is the one of the list, or else, where several folders that may be people's hold the
    photographs, the folder; else each is an identity of its own.

    Raises UserError as `read_photograph_list` and `label_paths`, where folders have a label for some of their
    photographs and not for others, and when two files, or two rows, say different things of one photograph.
    """
    rows: dict[str, ListedRow] = {}
    spoken_of: set[str] = set()
    taking = Taking()
    for file in files:
        listed = read_photograph_list(file.path, reading.columns)
        keyed = own_labels(file, _by_key(file.path, listed.rows), paths, reading.allow_unlabelled)
        own = file.paths(_in_folders_of(keyed, file, paths))
        labelled = label_paths(
            file.path,
            keyed,
            list(own),
            {key for key, row in keyed.items() if row.synthetic},
            allow=reading.allow_unlabelled,
            others_elsewhere=file.elsewhere,
            rest_elsewhere=len(files) > 1,
            unlabelled_are="left out",
        )
        for path, row in labelled.values.items():
            rows[own[path]] = _merged(file.path, own[path], rows.get(own[path]), row)
        spoken_of.update(own.values())
        notes = [f"{file.path.name}: {note}" for note in listed.notes if note != NO_FLAGS]
        taking = taking.with_labels(file.path, labelled)
        taking = taking.with_notes(listed.notes if len(files) == 1 else notes)
        if not reading.allow_unlabelled:
            refuse_empty_flags(file.path, listed.rows, listed.says_synthetic)
        taking = taking.with_notes(unflagged(listed.rows, listed.says_synthetic))
    if len(files) > 1:
        if all(row.synthetic is None for row in rows.values()):
            taking = taking.with_notes([NO_FLAGS])
        taking = replace(taking, photographs=_without_row(files, rows, spoken_of, reading))
    kept = sorted(path for path, row in rows.items() if not row.drop)
    by_folder = _people_by_folder(kept)
    if by_folder and not any(row.identity for row in rows.values()):
        taking = taking.with_notes([f"{len(set(by_folder.values())):,} people by their folders"])
    photographs = [
        Photograph(
            path,
            rows[path].identity or by_folder.get(path) or without_suffix(path),
            bool(rows[path].synthetic),
        )
        for path in kept
    ]
    return photographs, taking


def _merged(file: Path, path: str, before: ListedRow | None, row: ListedRow) -> ListedRow:
    """What two lists say of a photograph, of which one may say what the other does not."""
    if before is None:
        return row
    if (None not in (before.synthetic, row.synthetic) and before.synthetic != row.synthetic) or (
        before.identity and row.identity and before.identity != row.identity
    ):
        raise UserError(
            f"{file} and another list beside it say different things of {path}; name the one that is right: "
            "align run LIST.csv"
        )
    return replace(
        before,
        identity=before.identity or row.identity,
        synthetic=row.synthetic if before.synthetic is None else before.synthetic,
        drop=before.drop or row.drop,
    )


def _without_row(
    files: Sequence[LabelFile], rows: Mapping[str, ListedRow], spoken_of: Collection[str], reading: Reading
) -> LeftOver:
    """The photographs that several lists together do not name; refused where these are too many."""
    left = sorted(path for path in spoken_of if path not in rows)
    found = LeftOver(len(left), len(spoken_of), left[0] if left else "")
    if found.too_much and not reading.allow_unlabelled:
        names = " and ".join(str(file.path) for file in files[:3])
        raise UserError(
            f"{names} together: {found.as_text('photographs have no label')}. Mend the labels, or go on with "
            f"{GO_ON}: photographs without a label are then left out"
        )
    return found


def _with_header_of_labels(files: Sequence[LabelFile], reading: Reading) -> list[LabelFile]:
    found = []
    for file in [file for file in files if not reading.is_correction(file.path)][:_MOST_FILES]:
        try:
            header = first_row(file.path)
        except (OSError, UserError):
            continue
        if (
            path_column(header, reading.columns) is not None
            and may_be_labels(header, reading.columns)
            and not names_two_faces(header)
        ):
            found.append(file)
    return found


def _keys_that_fit(file: LabelFile, paths: Sequence[str], reading: Reading) -> bool:
    """Whether a key of a file means one of the photographs."""
    rows = (row for _, row in read_csv_rows(file.path, max_line=MAX_LINE) if any(row))
    column = path_column(next(rows, []), reading.columns) or 0
    keys = dict.fromkeys(row[column] for row in rows if column < len(row) and row[column])
    return bool(join_labels(keys, list(file.paths(paths))).path_of)


def _refuse_if_it_calls_any_synthetic(file: LabelFile, paths: Sequence[str], reading: Reading) -> None:
    rows = read_photograph_list(file.path, reading.columns).rows
    synthetic = [row.path for row in rows if row.synthetic]
    if synthetic:
        near = nearest(synthetic[0], paths)
        raise UserError(
            f'{file.path} calls {len(synthetic):,} photographs synthetic, such as "{synthetic[0]}", but none '
            f"of its {len(rows):,} names means one that is there (the nearest is {near or paths[0]}); mend "
            f"the names, or go on without it with {GO_ON}"
        )


def _by_key(file: Path, rows: Sequence[ListedRow]) -> dict[str, ListedRow]:
    keyed: dict[str, ListedRow] = {}
    for row in rows:
        before = keyed.setdefault(row.path, row)
        if before != row:
            raise UserError(
                f'{file}, lines {before.line} and {row.line}: "{row.path}" is called two things; remove the '
                "wrong one"
            )
    return keyed


def _in_folders_of(keyed: Mapping[str, ListedRow], file: LabelFile, paths: Sequence[str]) -> list[str]:
    """The photographs in folders of which the file labels any; a folder without is not what it is about.

    All, where a key may mean several: one folder less must not make it seem to mean one.
    """
    spoken_of = file.paths(paths)
    join = join_labels(keyed, list(spoken_of))
    if join.ambiguous_keys:
        return list(spoken_of.values())
    folders = {folder_of(spoken_of[path]) for path in join.path_of.values()}
    return [path for path in spoken_of.values() if folder_of(path) in folders]


def _people_by_folder(paths: Sequence[str]) -> dict[str, str]:
    """Whose folder each photograph lies in; empty where the folders are not surely people's."""
    found = {photograph.path: photograph.identity for photograph in people(paths, {})}
    folders = set(found.values())
    doubtful = any(names_nobody(folder) or kinds_in(folder) for folder in folders)
    return {} if len(folders) < 2 or doubtful else found
