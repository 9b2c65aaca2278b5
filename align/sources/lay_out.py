"""The photographs of a folder in its layout, with the labels that speak of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from align.sources.flat import flat
from align.sources.labels_csv import find_labels, labelled_photographs
from align.sources.like_labels import refuse_names_like_labels
from align.sources.meta import find_meta, label_by_meta
from align.sources.pair_labels import find_pair_labels, is_of_pairs, names_two_faces, read_pair_labels
from align.sources.pairs import folders_around_pairs, pair_ids, pairs
from align.sources.people import people
from align.sources.photograph import Photograph
from align.sources.reading import Reading
from align.sources.real_fake import looks_real_fake, real_fake
from align.sources.recognise import LayoutName, recognise
from align.sources.second_opinions import (
    refuse_contradicting_folders,
    refuse_labels_around,
    unread_labels,
)
from align.sources.taking import Taking
from align.sources.walk import Walk
from common.formats.csv_rows import first_row
from common.formats.labels.files import LABELS_FILE
from common.formats.labels.join import join_labels
from common.formats.labels.labelling import label_paths
from common.runtime.errors import UserError

_LaidOut = tuple[LayoutName, list[Photograph], Taking]


def lay_out(root: Path, told: LayoutName | None, found: Walk, reading: Reading) -> _LaidOut:
    """The layout of what was found in a folder, and its photographs.

    Raises UserError where labels or names of folders do not tell what they are, or contradict each other;
    where the layout is told, or it is allowed, that is a line in what was taken for what.
    """
    layout, photographs, taking = _laid_out(root, told, found, reading)
    if reading.columns and not any(file.lower().endswith((".csv", ".tsv")) for file in taking.files):
        raise UserError(
            f"--columns names columns of a .csv, and none in or above {root} has them and names photographs "
            "that are there; mend the names, or leave it out"
        )
    strict = told is None and not reading.allow_unlabelled
    if strict:
        refuse_contradicting_folders(taking.files, photographs)
    if told is None and not taking.files and layout in (LayoutName.PEOPLE, LayoutName.FLAT):
        refuse_names_like_labels(root, found.paths)
    known = bool(taking.files) or layout is LayoutName.REAL_FAKE
    unread = unread_labels(root, found, taking.files, photographs, reading, strict, known)
    if not taking.files and layout in (LayoutName.PEOPLE, LayoutName.FLAT):
        if strict:
            refuse_labels_around(root, found.paths, reading)
        if len({photograph.identity for photograph in photographs}) == 2:  # it may be real and fake
            taking = taking.with_notes(["two people, and nothing says what is synthetic: none is"])
    return layout, photographs, replace(taking, unread=tuple(unread))


def _laid_out(root: Path, told: LayoutName | None, found: Walk, reading: Reading) -> _LaidOut:
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
    shown = paths or [f"{folder}/" for folder in sorted(found.closed)]
    layout = told or recognise(shown, has_meta=False)
    match layout:
        case LayoutName.REAL_FAKE:
            return layout, real_fake(paths, reading.synthetic), Taking()
        case LayoutName.PAIRS:
            return layout, *_pairs(root, paths, allow)
        case LayoutName.LABELS:
            return layout, [], Taking()
    return layout, (people if layout is LayoutName.PEOPLE else flat)(paths, {}), Taking()


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
