"""Crops of a clip on the disk instead of in memory, while their number is not known."""

import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 32_000_000_000  # of a clip: an hour of all its frames at 224 pixels has half as many
GROWTH = 16 * mmap.ALLOCATIONGRANULARITY * 256  # bytes that the file grows by: 16 MiB on most machines
SHOWN = 4_000_000  # bytes that may be in memory at one time


class CropSpool:
    """A nameless file of crops, each of which is an array like any other until the spool is closed.

    Memory does not grow with their number: what was touched is given back to the disk now and then.

    Args:
        folder: on a disk with room for them; nothing is left in it, whatever kills the process.

    Raises OSError where the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it is closed by `__exit__`
        os.truncate(self._file.fileno(), MOST_BYTES)  # takes no room: blocks come with `posix_fallocate`
        self._memory = mmap.mmap(self._file.fileno(), MOST_BYTES)
        self._used = self._owned = self._shown = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The file goes at once; arrays of it that somebody still has stay readable."""
        self._file.close()

    def store(self, crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The same pixels, on the disk. Raises OSError when that is full."""
        while self._used + crop.nbytes > self._owned:  # else a full disk would end the process at a write
            os.posix_fallocate(self._file.fileno(), self._owned, GROWTH)
            self._owned += GROWTH
        stored = np.frombuffer(self._memory, np.uint8, crop.size, self._used).reshape(crop.shape)
        stored[:] = crop
        self._used += crop.nbytes
        self._touched(crop.nbytes)
        return stored

    def read(self, crops: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        """The crops, one after another, without gathering in memory those that are stored here."""
        for crop in crops:
            yield crop
            self._touched(crop.nbytes)

    def _touched(self, size: int) -> None:
        self._shown += size
        if self._shown > SHOWN:
            self._memory.madvise(mmap.MADV_DONTNEED)  # of a shared file: it keeps what was written
            self._shown = 0
