"""Reader of a folder of pairs, `PAIR_ID/0.jpg` and `PAIR_ID/1.jpg`."""

import os
from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.sources.boundary import lies_in
from align.sources.other_files import as_text, kinds_of_others
from align.sources.pair_labels import PairLabels, find_pair_labels
from align.sources.photograph import IMAGE_SUFFIXES
from align.sources.splits import names_nobody
from align.sources.unread_tables import notes_of, unread_tables
from align.sources.walk import walk
from common.formats.labels.files import LABELS_FILE
from common.formats.labels.labelling import GO_ON, label_paths
from common.formats.pair_category import category_of
from common.formats.pair_list import UNLABELLED
from common.runtime.errors import UserError
from infer.pair_sets.pair_set import PairSet, folder_name
from infer.pair_sets.request import AS_IT_IS, PairRequest

_STEMS = ("0", "1")


def read_folder(root: Path, asked: PairRequest = AS_IT_IS) -> PairSet:
    """The pairs `PAIR_ID/0.jpg` and `PAIR_ID/1.jpg` of a folder, sorted by id; any image suffix will do.

    They may lie in a folder `images` or the like. A photograph that is missing still makes a pair, and is
    reported when it is read. `labels.csv`, in the folder or above it, says what the pairs show; its ids are
    joined with the folders by the rules of `join_labels`. Pairs that it does not name are unlabelled.

    Raises OSError when the folder cannot be read; UserError when there is no photograph of a pair, for a
    malformed `labels.csv` or one that names none of the pairs, and for a link out of the folder unless links
    are followed; and, unless unlabelled ones are allowed, where none of its ids with a synthetic face, or too
    few of its ids and of the pairs, fit.
    """
    limit = os.sep if asked.follow_links else os.path.realpath(root)
    around = _folders_around(root, limit)
    pairs, names, found = _photographs(root / around, limit)
    if not found:
        raise UserError(
            f"no pairs in {root}{_instead(root)}; it needs a folder per person with several photographs, or "
            "folders PAIR_ID with the photographs 0.jpg and 1.jpg"
        )
    labels = find_pair_labels(root, pairs, around)
    names = [around + name for name in names]
    codes, notes = _categories(labels, pairs, asked.allow_unlabelled)
    notes += _left_out(root, set(names), labels, asked.follow_links)
    return PairSet(
        name=folder_name(root),
        source=str(root),
        images=[root / name for name in names],
        image_names=names,
        ids=pairs,
        members=np.arange(len(names), dtype=np.int64).reshape(-1, 2),
        categories=codes,
        has_labels=labels is not None,
        notes=tuple(notes),
    )


def _instead(root: Path) -> str:
    others = kinds_of_others(walk(root).others)
    return f" (but {as_text(others)})" if others else ""


def _left_out(root: Path, names: Set[str], labels: PairLabels | None, follow_links: bool) -> list[str]:
    """Notes on files of the folder that are neither photographs of a pair nor labels that were read."""
    found = walk(root, follow_links)
    others = [path for path in found.paths if path not in names]
    files = [root / table for table in found.tables if labels is None or root / table != labels.file]
    tables = [table for table in unread_tables(files, found.paths) if table.names or table.why]
    return [
        *notes_of(tables),
        *([f"{len(others):,} photographs are no pair's 0 or 1, such as {others[0]}"] if others else []),
    ]


def _categories(
    labels: PairLabels | None, pairs: Sequence[str], allow: bool
) -> tuple[NDArray[np.int8], list[str]]:
    """(P,) `PairCategory.code` or, where nothing is said, `UNLABELLED`; and how the labels were joined."""
    if labels is None:
        return np.full(len(pairs), UNLABELLED, np.int8), []
    found = label_paths(labels.file, labels.by_id, pairs, what="pair")
    if not found.values:
        raise UserError(
            f"{labels.file} labels none of the pairs: its ids are such as "
            f'"{found.labels.example}", the pairs\' such as "{pairs[0]}"; mend or remove it'
        )
    forged = [pair for pair, label in labels.by_id.items() if any(label.synthetic)]
    lost = bool(forged) and not any(pair in found.join.path_of for pair in forged)
    left, without = found.labels, found.photographs
    if not allow and left.count and (lost or (without.count and (left.too_much or without.too_much))):
        none = f"none of its {len(forged):,} pairs with a synthetic face is there; " if lost else ""
        raise UserError(
            f"{labels.file}: {none}{left.as_text('labels without a pair')}; {without.count:,} of "
            f"{without.of:,} pairs without a label; mend the ids, or go on with {GO_ON}"
        )
    codes = {
        pair: category_of(label.same_person, *label.synthetic).code for pair, label in found.values.items()
    }
    notes = [*labels.notes, *found.how()]
    if found.join.rules or labels.file.name != LABELS_FILE:
        synthetic = sum(any(label.synthetic) for label in found.values.values())
        notes.append(
            f"{len(codes):,} pairs labelled by {labels.file}, {synthetic:,} of them with a synthetic face"
        )
    if found.labels.count:
        notes.append(f"{labels.file}: {found.labels.as_text('labels without a pair')}")
    if found.photographs.count:
        notes.append(f"{labels.file}: {found.photographs.as_text('pairs without a label')}")
    return np.array([codes.get(pair, UNLABELLED) for pair in pairs], np.int8), notes


def _folders_around(root: Path, limit: str) -> str:
    """The folders called `images` and the like, each with its slash, that all pairs lie in."""
    around = ""
    while True:
        with os.scandir(root / around) as entries:
            folders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
        if len(folders) != 1 or not names_nobody(folders[0].name):
            return around
        _check_link(folders[0], limit)
        if _photographs_of_pair(folders[0].path, limit):
            return around
        around += f"{folders[0].name}/"


def _photographs(root: Path, limit: str) -> tuple[list[str], list[str], bool]:
    """Ids, names of the photographs (two per id, relative), and whether any of these is there."""
    with os.scandir(root) as entries:
        folders = sorted(
            (entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()),
            key=lambda entry: entry.name,
        )
    names: list[str] = []
    found = False
    for folder in folders:
        _check_link(folder, limit)
        there = _photographs_of_pair(folder.path, limit)
        found = found or bool(there)
        names += [f"{folder.name}/{there.get(stem, f'{stem}.jpg')}" for stem in _STEMS]
    return [folder.name for folder in folders], names, found


def _photographs_of_pair(folder: str, limit: str) -> dict[str, str]:
    """The file name by stem, the first where there are several."""
    there: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:  # its photographs are reported when they are read
        return there
    for entry in found:
        stem, dot, suffix = entry.name.partition(".")
        if stem in _STEMS and stem not in there and dot + suffix.lower() in IMAGE_SUFFIXES:
            _check_link(entry, limit)
            if entry.is_file():
                there[stem] = entry.name
    return there


def _check_link(entry: "os.DirEntry[str]", limit: str) -> None:
    """Raise UserError for a link that leads out of the folder `limit`, a real path."""
    if entry.is_symlink() and not lies_in(limit, os.path.realpath(entry.path)):
        raise UserError(
            f"{entry.path} is a link out of the folder of the pairs; put a copy in its place, add "
            "--follow-links, or list the pairs in a .csv and name the folder of the photographs with --images"
        )
