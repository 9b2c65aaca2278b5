"""Equal crops under different labels in a folder of shards: mostly one file in two people's folders."""

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


def equal_crop_notes(
    folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[str]:
    """A note for people where equal crops have several names, or are both bona fide and synthetic; else none.

    Of the shards that the manifest lists. Such crops are then listed in `same_pictures.csv` in the folder; a
    list of an earlier run is removed.
    `progress(done, total)` counts crops. Raises UserError when a shard is damaged.
    """
    manifest = read_manifest(folder)
    reader = _CropReader([folder / name for name in sorted(manifest.entries)] if manifest else [])
    labels = CropLabels(reader.paths, np.array(reader.people, np.str_), np.array(reader.synthetic, np.bool_))
    nowhere = np.zeros(len(reader.paths), np.bool_)
    groups = contradicting(find_duplicates(len(reader.paths), reader.image, progress, near=nowhere), labels)
    file = folder / SAME_PICTURES_FILE
    file.unlink(missing_ok=True)
    if not groups:
        return []
    write_list(file, groups, labels)
    return [f"{describe(groups, labels)}; they are in {file}"]


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
