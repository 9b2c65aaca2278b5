"""Reading what `torch.save` wrote, from files that are not trusted: no code of a file is ever executed.

A torch file is a pickle, and a pickle can name any function to be called. Here its names are listed first,
without executing anything. Only names of tensors, and of a few classes known to be mere records, for which
inert classes stand in (`common.weights.inert`), are accepted; any other name refuses the file. What passes
is read by torch with `weights_only=True`, which holds to the same list.
"""

import io
import pickletools
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import torch

from common.errors import UserError
from common.weights.inert import is_tensor_part, stand_in

ZIP_START = b"PK\x03\x04"  # since torch 1.6; before, pickles one after another
LEGACY_PICKLES = 5  # magic number, protocol, system, content, storages
NAMED_GLOBALS = 3  # how many an error lists

# Python 2's names of modules, which pickles of protocol 2 still use.
OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}

_DAMAGED = "is damaged or not a weights file; fetch it again"


def load_torch_file(path: Path) -> object:
    """The content of a torch file; tensors on the CPU, foreign records replaced by inert stand-ins.

    Raises UserError when the file is damaged, names anything but tensors and records, or claims to unpack to
    more than it holds.
    """
    is_zip = _starts_with(path, ZIP_START)
    names = _names_in_zip(path) if is_zip else _names_in_legacy(path)
    refused = sorted(name for name in names if not is_tensor_part(name) and stand_in(name) is None)
    if refused:
        listed = ", ".join(refused[:NAMED_GLOBALS]) + (" ..." if len(refused) > NAMED_GLOBALS else "")
        raise UserError(
            f"{path} holds more than tensors ({listed}) and is not loaded, because reading it "
            "could run code; save its state_dict as .safetensors"
        )
    records = [(found, name) for name in sorted(names) if (found := stand_in(name)) is not None]
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(records):  # type: ignore[arg-type]
            warnings.simplefilter("ignore")  # about the pickle's protocol: nothing a user can act on
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except Exception as error:  # a made-up pickle can raise anything
        raise UserError(f"{path} {_DAMAGED}") from error


def _starts_with(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start


def _names_in_zip(path: Path) -> set[str]:
    """The names in the pickle of a zip archive whose entries are stored as they are, as torch stores them."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            # A few kilobytes can claim to unpack to terabytes; stored entries cannot, unless they overlap.
            if (
                any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
                or sum(entry.file_size for entry in entries) > path.stat().st_size
            ):
                raise UserError(
                    f"{path} is a compressed archive, which torch does not write; unpack it first"
                )
            pickles = [entry for entry in entries if Path(entry.filename).name == "data.pkl"]
            if len(pickles) != 1:
                raise UserError(f"{path} {_DAMAGED}")
            return set(_names_in_pickle(io.BytesIO(archive.read(pickles[0]))))
    except UserError:
        raise
    except Exception as error:  # a made-up archive or pickle can raise anything
        raise UserError(f"{path} {_DAMAGED}") from error


def _names_in_legacy(path: Path) -> set[str]:
    names: set[str] = set()
    try:
        with path.open("rb") as file:
            bounded = _Bounded(file, path.stat().st_size)
            for _ in range(LEGACY_PICKLES):
                names.update(_names_in_pickle(bounded))
    except Exception as error:  # a made-up pickle can raise anything
        if not names:
            raise UserError(f"{path} {_DAMAGED}") from error
        # names were found before the end: let them be judged, and torch call the rest damaged
    return names


class _Bounded:
    """A file that is never asked for more than is left of it: memory is taken before anything is read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self.readline = file.readline
        self.tell = file.tell

    def read(self, count: int) -> bytes:
        """At most `count` bytes."""
        return self._file.read(min(count, self._size - self._file.tell()))


def _names_in_pickle(file: IO[bytes] | _Bounded) -> Iterable[str]:
    """The dotted names that a pickle would look up, up to its end; executes nothing."""
    for operation, argument, _ in pickletools.genops(file):  # type: ignore[arg-type]
        if operation.name in ("GLOBAL", "INST"):
            module, _, name = str(argument).partition(" ")
            yield f"{OLD_MODULES.get(module, module)}.{name}"
        elif operation.name in ("STACK_GLOBAL", "EXT1", "EXT2", "EXT4"):
            yield "a computed name"  # torch does not follow them either
