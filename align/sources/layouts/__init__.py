"""The layouts that photographs may lie in, by name, one file each, and which of them a folder has."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from align.sources.folder import Folder
from align.sources.layouts import csv_list, flat, labels, pairs, people, real_fake
from align.sources.photograph import Photograph


class LayoutName(StrEnum):
    """How the photographs of a source lie, and with that whom they show; the value is that of `--layout`."""

    PEOPLE = "people"  # a folder per person, and optionally meta.json
    REAL_FAKE = "real-fake"  # folders named real and fake, or in the ways of data sets
    PAIRS = "pairs"  # PAIR_ID/0.jpg and PAIR_ID/1.jpg, and optionally labels.csv
    LABELS = "labels"  # a CSV in the folder, below or above it labels them
    CSV = "csv"  # a file that lists them
    FLAT = "flat"  # side by side in one folder


@dataclass(frozen=True)
class Layout:
    """How a layout is read."""

    photographs: Callable[[Folder], list[Photograph]]  # sorted by path; how they were read is in its account
    needs: str  # what must be there, for messages


LAYOUTS = {
    LayoutName.PEOPLE: Layout(people.photographs, people.NEEDS),
    LayoutName.REAL_FAKE: Layout(real_fake.photographs, real_fake.NEEDS),
    LayoutName.PAIRS: Layout(pairs.photographs, pairs.NEEDS),
    LayoutName.LABELS: Layout(labels.photographs, labels.NEEDS),
    LayoutName.CSV: Layout(csv_list.photographs, csv_list.NEEDS),
    LayoutName.FLAT: Layout(flat.photographs, flat.NEEDS),
}


def recognise(folder: Folder) -> LayoutName:
    """The layout of a folder: the first that fits.

    1. A list is named: csv.
    2. `meta.json` labels the photographs: people, or flat where none lies in a subfolder.
    3. `labels.csv` is that of pairs that are there: pairs.
    4. A CSV labels some of them, and it is told what 1 means in it: labels.
    5. Folders that say real and fake, or one called so and nothing beside it: real-fake.
    6. A CSV that labels some of them: labels.
    7. All are PAIR_ID/0.* and PAIR_ID/1.*, every folder with both: pairs. People of whom each has just two
       photographs of these names look the same: then nobody is taken for the other, which is the error that
       spoils no training, and `--layout people` says otherwise.
    8. Photographs in a subfolder: people; those that lie loose beside it are then passed over.
    9. Else: flat.
    """
    if not folder.origin.is_dir():
        return LayoutName.CSV
    paths = folder.paths or [f"{closed}/" for closed in sorted(folder.found.closed)]
    by_person = LayoutName.PEOPLE if any("/" in path for path in paths) else LayoutName.FLAT
    if folder.meta:
        return by_person if paths else LayoutName.PEOPLE
    if pairs.has_labelled_pairs(folder):
        return LayoutName.PAIRS
    if folder.reading.positive and folder.labels:
        return LayoutName.LABELS
    if real_fake.looks_real_fake(paths):
        return LayoutName.REAL_FAKE
    if folder.labels:
        return LayoutName.LABELS
    return LayoutName.PAIRS if pairs.looks_like_pairs(paths) else by_person
