"""Equal crops under different labels in a folder of shards: mostly one file in two people's folders."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.duplicates.near_duplicates import find_duplicates
from common.duplicates.same_picture_list import (
    SAME_PICTURES_FILE,
    CropLabels,
    contradicting,
    describe,
    write_list,
)
from common.formats.manifest import read_manifest
from common.formats.shards import decode_strings, open_shard
from common.runtime.atomic import write_text_atomically
from common.runtime.checksum import file_sha256

COMPARED_FILE = ".compared"  # what a comparison told, below a digest of this and of all that it rests on
COMPARISON_VERSION = 1  # raised whenever the same crops would be told of otherwise
_LONGEST_NOTE = 4096  # characters


def remove_comparison(folder: Path) -> None:
    """Remove what was noted of the crops of a folder, which are about to be others."""
    for name in (SAME_PICTURES_FILE, COMPARED_FILE):
        (folder / name).unlink(missing_ok=True)


def equal_crop_notes(
    folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[str]:
    """A note for people where equal crops have several names, or are both bona fide and synthetic; else none.

    Only shards in the manifest are compared. Such crops are then listed in `same_pictures.csv` in the folder;
    a list of an earlier run is removed. Shards that this version has compared are not read again while its
    list and its note of them are as it wrote them. `progress(done, total)` counts crops.

    Raises UserError when a shard is damaged, and OSError when the folder cannot be written.
    """
    manifest = read_manifest(folder)
    entries = [entry for _, entry in sorted(manifest.entries.items())] if manifest else []
    shards = [[entry.shard, entry.sha256] for entry in entries]
    file, compared = folder / SAME_PICTURES_FILE, folder / COMPARED_FILE
    proof, *told = _read_note(compared)
    if proof != _digest(shards, file, told):
        told = _compare([folder / entry.shard for entry in entries], file, progress)
        write_text_atomically(compared, "\n".join([_digest(shards, file, told), *told]))
    return [f"{line}; they are in {file}" for line in told]


def _read_note(path: Path) -> list[str]:
    """The lines of the note of a comparison, one at least; an empty one where there is no note."""
    if not path.is_file():
        return [""]
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LONGEST_NOTE).split("\n")


def _digest(shards: list[list[str]], file: Path, told: list[str]) -> str:
    """A digest of what was compared, of the list that was written of it, if any, and of what was told."""
    facts = [COMPARISON_VERSION, shards, file_sha256(file) if file.is_file() else None, told]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _compare(shards: list[Path], file: Path, progress: Callable[[int, int], None]) -> list[str]:
    """What there is to tell of the crops of shards, which are listed in a file."""
    reader = _CropReader(shards)
    labels = CropLabels(reader.paths, np.array(reader.people, np.str_), np.array(reader.synthetic, np.bool_))
    no_near_search = np.zeros(len(reader.paths), np.bool_)
    pairs = find_duplicates(len(reader.paths), reader.image, progress, near=no_near_search)
    groups = contradicting(pairs, labels)
    file.unlink(missing_ok=True)
    if not groups:
        return []
    write_list(file, groups, labels)
    return [describe(groups, labels)]


class _CropReader:
    """The labels of all crops, and their pixels in rising order, a shard at a time."""

    def __init__(self, shards: list[Path]) -> None:
        self._shards = shards
        self.paths: list[str] = []
        self.people: list[str] = []
        self.synthetic: list[bool] = []
        self._starts = []
        for path in shards:
            self._starts.append(len(self.paths))
            with open_shard(path) as shard:
                self.paths += decode_strings(shard["path"][:])
                self.people += decode_strings(shard["identity"][:])
                self.synthetic += (shard["synthetic"][:] != 0).tolist()
        self._read = -1
        self._images: NDArray[np.uint8] = np.empty(0, np.uint8)

    def image(self, row: int) -> NDArray[np.uint8]:
        """One crop, (size, size, 3) RGB."""
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        if number != self._read:
            with open_shard(self._shards[number]) as shard:
                self._images, self._read = shard["images"][:], number
        found: NDArray[np.uint8] = self._images[row - self._starts[number]]
        return found
