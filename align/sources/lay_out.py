"""The photographs of a folder in its layout, with the labels that speak of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from align.sources.flat import flat
from align.sources.kind_folders import is_bare_label, like_labels
from align.sources.label_files import META_FILE
from align.sources.labels_csv import find_labels, labelled_photographs
from align.sources.meta import find_meta, label_by_meta
from align.sources.pair_labels import (
    LABELS_FILE,
    find_pair_labels,
    is_of_pairs,
    names_two_faces,
    read_pair_labels,
)
from align.sources.pairs import folders_around_pairs, pair_ids, pairs
from align.sources.people import people
from align.sources.photograph import Photograph
from align.sources.reading import Reading
from align.sources.real_fake import looks_real_fake, real_fake
from align.sources.recognise import LayoutName, recognise
from align.sources.taking import Taking
from align.sources.walk import Walk
from common.csv_rows import first_row
from common.errors import UserError
from common.labels.join import join_labels
from common.labels.kinds import Kind, kinds_in
from common.labels.labelling import label_paths

_SHOWN = 5  # folder names in a message

_LaidOut = tuple[LayoutName, list[Photograph], Taking]


def lay_out(root: Path, told: LayoutName | None, found: Walk, reading: Reading) -> _LaidOut:
    """The layout of what was found in a folder, and its photographs."""
    paths, allow = found.paths, reading.allow_unlabelled
    if told in (None, LayoutName.PEOPLE, LayoutName.FLAT):
        files = find_meta(root, found.tables, paths, allow)
        if files:
            flags, taking = label_by_meta(files, paths, allow)
            loose = paths and not any("/" in path for path in paths)
            if told is LayoutName.FLAT or (told is None and loose):
                return LayoutName.FLAT, flat(paths, flags), taking
            return LayoutName.PEOPLE, people(paths, flags), taking
    if told is None and _are_labelled_pairs(root, paths):
        told = LayoutName.PAIRS
    by_folders = told is None and looks_real_fake(paths)
    if (
        not by_folders
        and told in (None, LayoutName.LABELS)
        and (labels := find_labels(root, found.tables, paths, reading))
    ):
        return LayoutName.LABELS, *labelled_photographs(labels, paths, reading)
    unread = Taking(notes=tuple(_unread(root, found, reading)))
    shown = paths or [f"{folder}/" for folder in sorted(found.closed)]
    layout = told or recognise(shown, has_meta=False)
    match layout:
        case LayoutName.REAL_FAKE:
            return layout, real_fake(paths, reading.synthetic), unread
        case LayoutName.PAIRS:
            return layout, *_pairs(root, paths, allow)
        case LayoutName.LABELS:
            return layout, [], unread
    if told is None:
        _refuse_names_like_labels(root, paths)
    return layout, (people if layout is LayoutName.PEOPLE else flat)(paths, {}), unread


def _unread(root: Path, found: Walk, reading: Reading) -> Iterator[str]:
    """Files of labels that lie there and that the layout, which was told, does not read."""
    there = [root / table for table in found.tables if table.lower() == META_FILE]
    try:
        there += [file.path for file in find_labels(root, found.tables, found.paths, reading)]
    except UserError:
        return
    yield from (f"{file} is not read in this layout" for file in there)


def _are_labelled_pairs(root: Path, paths: Sequence[str]) -> bool:
    """Whether `labels.csv` is that of pairs that are there, though maybe not with both photographs each."""
    file = root / LABELS_FILE
    ids = pair_ids(paths)
    if not ids or not is_of_pairs(file):
        return False
    return names_two_faces(first_row(file)) or bool(join_labels(read_pair_labels(file).by_id, ids).path_of)


def _pairs(root: Path, paths: Sequence[str], allow: bool) -> tuple[list[Photograph], Taking]:
    ids = pair_ids(paths)
    labels = find_pair_labels(root, ids, folders_around_pairs(paths))
    if labels is None:
        return pairs(paths, {}), Taking()
    synthetic = {pair for pair, label in labels.by_id.items() if any(label.synthetic)}
    labelled = label_paths(
        labels.file, labels.by_id, ids, synthetic, allow=allow, others_elsewhere=labels.file.parent != root
    )
    taking = Taking().with_labels(labels.file, labelled).with_notes(labels.notes)
    return pairs(paths, labelled.values), taking


def _refuse_names_like_labels(root: Path, paths: Sequence[str]) -> None:
    if is_bare_label(root.absolute().name) and kinds_in(root.absolute().name) == {Kind.SYNTHETIC}:
        raise UserError(
            f"{root} itself is named as labels are. If all in it is synthetic, say --layout real-fake "
            "--synthetic . or name the folder that it lies in; if not, say --layout people or flat"
        )
    names = like_labels(paths)
    if names:
        shown = ", ".join(names[:_SHOWN]) + (
            f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        )
        raise UserError(
            f"folders in {root} are named as labels are: {shown}. If they say what is synthetic, name each "
            "that is with --layout real-fake --synthetic NAME; if they are people, say --layout people"
        )
