"""Reader of untrusted files of `torch.save`, which never executes code of a file.

A torch file is a pickle, and a pickle can name any function to be called. The names are listed first, with
nothing executed: a file with names other than those of tensors and known records (`weights.inert`) is
refused. What passes is read by torch with `weights_only=True`, which holds to the same list. torch alone
would refuse checkpoints for the settings that frameworks keep in them, advise users to run the file's code,
and unpack compressed archives without bound.
"""

import io
import pickletools
import warnings
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import torch

from common.models.weights.inert import is_quantised, is_tensor_part, stand_in
from common.models.weights.refusal import refusal
from common.runtime.errors import UserError
from common.runtime.file_kinds import Content, Kind

TORCH_KINDS = frozenset({Kind.TORCH, Kind.TORCH_LEGACY, Kind.PICKLE})  # the last may be a legacy file as well
MISLEADING_SUFFIX = ".safetensors"  # by which torch takes a path, whatever the file is
LEGACY_PICKLES = 5  # magic number, protocol, system, content, storages
NAMED_GLOBALS = 3  # how many an error lists

# Python 2's names of modules, which pickles of protocol 2 still use.
OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}

ENDS_EARLY, INCONSISTENT = "it ends before its data do", "its parts do not fit together"


def load_torch_file(path: Path, kind: Kind) -> object:
    """The content of a torch file; tensors on the CPU, foreign records replaced by inert stand-ins.

    `kind` is one of `TORCH_KINDS`. Raises UserError when the file is damaged, names anything but tensors and
    records, holds quantised tensors, or claims to unpack to more than it holds.
    """
    names = _names_in_zip(path) if kind is Kind.TORCH else _names_in_legacy(path)
    if any(map(is_quantised, names)):
        raise UserError(
            f"{path} holds quantised weights, which no backbone here computes with; "
            "name the weights in fp32 or fp16 that they were made from"
        )
    refused = sorted(name for name in names if not is_tensor_part(name) and stand_in(name) is None)
    if refused:
        listed = ", ".join(refused[:NAMED_GLOBALS]) + (" ..." if len(refused) > NAMED_GLOBALS else "")
        raise UserError(
            f"{path} holds more than tensors ({listed}) and is not loaded, because reading it "
            "could run code; save its state_dict as .safetensors"
        )
    records = [(found, name) for name in sorted(names) if (found := stand_in(name)) is not None]
    try:
        with (
            warnings.catch_warnings(),
            torch.serialization.safe_globals(records),  # type: ignore[arg-type]
            path.open("rb") as file,
        ):
            warnings.simplefilter("ignore")  # about the pickle's protocol: nothing a user can act on
            if path.name.endswith(MISLEADING_SUFFIX):
                return torch.load(file, map_location="cpu", weights_only=True)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=kind is Kind.TORCH)
    except Exception as error:  # a made-up pickle can raise anything; what torch says of it advises to run it
        if kind is Kind.PICKLE:
            raise UserError(
                f"{path} is a Python pickle, but not one of torch.save; save its tensors by name with "
                "torch.save and name that file"
            ) from error
        ends_early = isinstance(error, EOFError) or "unexpected EOF" in str(error)
        raise refusal(path, Content(kind, damage=ENDS_EARLY if ends_early else INCONSISTENT)) from error


def _names_in_zip(path: Path) -> set[str]:
    """The names in the pickle of a zip archive, whose entries must be uncompressed, as torch writes them."""
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
                raise UserError(
                    f"{path} holds {len(pickles)} torch files in one archive; unpack and name one"
                )
            return set(_names_in_pickle(io.BytesIO(archive.read(pickles[0]))))
    except UserError:
        raise
    except Exception as error:  # a made-up archive or pickle can raise anything
        raise refusal(path, Content(Kind.TORCH, damage=INCONSISTENT)) from error


def _names_in_legacy(path: Path) -> set[str]:
    """The names in consecutive pickles, as far as they can be read; torch judges the rest."""
    names: set[str] = set()
    with path.open("rb") as file, suppress(Exception):  # a made-up pickle can raise anything
        bounded = _Bounded(file, path.stat().st_size)
        for _ in range(LEGACY_PICKLES):
            names.update(_names_in_pickle(bounded))
    return names


class _Bounded:
    """A file that is never asked for more bytes than it has left, because `read` allocates them first."""

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
