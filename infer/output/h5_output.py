"""HDF5 files that are too large to be made in memory, and a disk that may be full."""

import io
from collections.abc import Callable
from pathlib import Path

import h5py


class _Output(io.FileIO):
    """A file that remembers the first error of writing and tells HDF5 of none.

    HDF5 cannot close a file that it could not write, and the process crashes when it ends.
    """

    error: OSError | None = None

    def write(self, data: memoryview) -> int:  # type: ignore[override]  # HDF5 gives nothing else
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while self.error is None and len(rest):
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0

    def check(self) -> None:
        """Raise the error of writing, if there was one."""
        if self.error is not None:
            raise self.error


def write_h5(path: Path, fill: Callable[[h5py.File, Callable[[], None]], None]) -> None:
    """Write an HDF5 file of any size by `fill(file, check)`; atomic only by the caller's temporary `path`.

    `check()` is to be called now and then: it raises OSError when the disk is full, or the like. `fill` may
    raise what it wants. Raises OSError when the file cannot be written.
    """
    with _Output(path, "w+b") as output:
        try:
            with h5py.File(output, "w", libver="latest") as file:
                fill(file, output.check)
        except Exception:
            output.check()  # what HDF5 says after a failed write is a consequence
            raise
        output.check()
