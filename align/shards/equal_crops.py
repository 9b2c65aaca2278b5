"""Equal crops under different labels in a folder of shards: mostly one file in two people's folders."""

import hashlib
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

COMPARED_FILE = ".compared"  # the digest of the shards that were compared last, and what there was to tell


def equal_crop_notes(
    folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[str]:
    """A note for people where equal crops have several names, or are both bona fide and synthetic; else none.

    Only shards in the manifest are compared. Such crops are then listed in `same_pictures.csv` in the folder;
    a list of an earlier run is removed. Shards that were compared before are not read again.
    `progress(done, total)` counts crops. Raises UserError when a shard is damaged.
    """
    manifest = read_manifest(folder)
    entries = [entry for _, entry in sorted(manifest.entries.items())] if manifest else []
    sums = " ".join(f"{entry.shard} {entry.sha256}" for entry in entries)
    digest = hashlib.sha256(sums.encode()).hexdigest()
    file, compared = folder / SAME_PICTURES_FILE, folder / COMPARED_FILE
    lines = compared.read_text(encoding="utf-8", errors="replace").splitlines() if compared.is_file() else []
    if lines[:1] != [digest] or file.is_file() != bool(lines[1:]):
        lines = [digest, *_compare([folder / entry.shard for entry in entries], file, progress)]
        write_text_atomically(compared, "\n".join(lines))
    return [f"{told}; they are in {file}" for told in lines[1:]]


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
