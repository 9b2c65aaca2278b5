"""Which layout a folder of photographs has, read off the paths in it."""

from collections.abc import Sequence
from enum import StrEnum

from align.sources.pairs import looks_like_pairs
from align.sources.real_fake import looks_real_fake


class LayoutName(StrEnum):
    """How the photographs of a source lie, and with that whom they show; the value is that of `--layout`."""

    PEOPLE = "people"  # a folder per person, and optionally meta.json
    REAL_FAKE = "real-fake"  # folders named real and fake, or in the ways of data sets
    PAIRS = "pairs"  # PAIR_ID/0.jpg and PAIR_ID/1.jpg, and optionally labels.csv
    LABELS = "labels"  # a CSV in the folder, below or above it labels them
    CSV = "csv"  # a file that lists them
    FLAT = "flat"  # side by side in one folder


def recognise(paths: Sequence[str], has_meta: bool, has_labels: bool = False) -> LayoutName:
    """The layout of a folder that holds these photographs (relative paths, sorted); the first that fits.

    1. `meta.json` is there: people.
    2. Folders that say real and fake, or one called so and nothing beside it: real-fake.
    3. A CSV that labels some of them: labels.
    4. All are PAIR_ID/0.* and PAIR_ID/1.*, every folder with both: pairs. People of whom each has just two
       photographs of these names look the same: then nobody is taken for the other, which is the error that
       spoils no training, and `--layout people` says otherwise.
    5. Photographs in a subfolder: people; those that lie loose beside it are then passed over.
    6. Else: flat.
    """
    if has_meta:
        return LayoutName.PEOPLE
    if looks_real_fake(paths):
        return LayoutName.REAL_FAKE
    if has_labels:
        return LayoutName.LABELS
    if looks_like_pairs(paths):
        return LayoutName.PAIRS
    return LayoutName.PEOPLE if any("/" in path for path in paths) else LayoutName.FLAT
