"""HDF5 files: read without trusting them, made in memory, or written in blocks to a disk that may fill."""

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from common.runtime.errors import UserError
from common.runtime.file_kinds import describe_hdf5_trouble, inspect


class MalformedError(Exception):
    """What a file of ours cannot be; the text continues its name."""


@contextmanager
def naming(path: Path, remedy: str) -> Iterator[None]:
    """A context in which a file is read: what is wrong with it raises a UserError of one line.

    `remedy` says what is to be done about a file that is damaged or of another kind.
    """
    try:
        yield
    except MalformedError as error:
        raise UserError(f"{path} {error}; {remedy}") from error
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # what h5py makes of bad bytes
        raise UserError(describe_hdf5_trouble(path, error, remedy)) from error


def check_format(file: h5py.File, name: str, versions: Collection[int], what: str) -> None:
    """Raises MalformedError unless a file says that it has this format in one of these versions.

    `what` tells people what it should be.
    """
    if text_attribute(file, "format") != name:
        raise MalformedError(f"is {inspect(Path(file.filename)).text}, not {what}")
    version = file.attrs["format_version"] if has_number(file, "format_version") else None
    if version not in versions:
        readable = " and ".join(map(str, versions))
        kind = name.removeprefix("facetrust-")
        raise MalformedError(f"has {kind} format version {version}, this facetrust reads {readable}")


def text_attribute(file: h5py.File, name: str) -> str | None:
    """A text of fixed length; None without one. One of variable length may lead astray, and is not read."""
    if name not in file.attrs or not is_fixed_text(file.attrs.get_id(name).dtype):
        return None
    return decoded(file.attrs[name])


def has_number(file: h5py.File, name: str) -> bool:
    """Whether an attribute is one number."""
    if name not in file.attrs:
        return False
    stored = file.attrs.get_id(name)
    return stored.dtype.kind in "iuf" and stored.shape == ()


def is_fixed_text(dtype: np.dtype[Any]) -> bool:
    """Whether a type is that of text of fixed length."""
    text = h5py.check_string_dtype(dtype)
    return text is not None and text.length is not None


def fixed_text(texts: list[str]) -> NDArray[Any]:
    """Texts as UTF-8 of one length, which lies among the data, and which h5py reads with `asstr()`."""
    encoded = [text.encode() for text in texts]
    length = max(1, max(map(len, encoded), default=1))
    return np.array(encoded, h5py.string_dtype("utf-8", length))


def decoded(value: object) -> str:
    """A stored text; bytes that are not UTF-8 are replaced."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def made_in_memory(fill: Callable[[h5py.File], None]) -> bytes:
    """The bytes of a file that `fill` fills: on a full disk, HDF5 would notice only as it closes the file."""
    # the latest structures carry checksums: elsewhere a flipped bit can make HDF5 loop or crash
    with h5py.File("file", "w", libver="latest", driver="core", backing_store=False) as file:
        fill(file)
        file.flush()
        return bytes(file.id.get_file_image())


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
