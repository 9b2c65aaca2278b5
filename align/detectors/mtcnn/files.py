"""The files of MTCNN's weights, in the wheel of facenet-pytorch or in a folder."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from common.runtime.errors import ParameterError, first_line
from common.runtime.file_kinds import describe_trouble

FILES = ("pnet.pt", "rnet.pt", "onet.pt")
PACKAGE_FOLDER = "data"  # where the package facenet-pytorch has them
LARGEST = 8_000_000  # bytes of a file; the published ones have 1.6 million at most
REMEDY = (
    "{detector} mtcnn:WHEEL|FOLDER names the wheel of facenet-pytorch ('pip download --no-deps "
    "facenet-pytorch==2.6.0') or a folder with its " + ", ".join(FILES)
)


def read_contents(place: str) -> list[bytes]:
    """The contents of the three files, in order.

    Raises UserError when one is not there, cannot be read, or is larger than any of them.
    """
    path = Path(place).expanduser()
    try:
        contents = list(_in_folder(path) if path.is_dir() else _in_wheel(path))
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        told = describe_trouble(path, error) if isinstance(error, OSError) else f"{path}: {first_line(error)}"
        raise ParameterError(f"{{}}; {REMEDY}", told) from error
    for name, content in zip(FILES, contents, strict=True):
        if len(content) > LARGEST:
            raise ParameterError(f"{{}}: {name} has more than {LARGEST:,} bytes; {REMEDY}", path)
    return contents


def digest(contents: list[bytes]) -> str:
    """The SHA-256 of the contents one after another, in hexadecimal."""
    return hashlib.sha256(b"".join(contents)).hexdigest()


def _in_folder(folder: Path) -> Iterator[bytes]:
    inner = folder / PACKAGE_FOLDER
    place = inner if not (folder / FILES[0]).exists() and inner.is_dir() else folder
    for name in FILES:
        if not (place / name).is_file():
            raise ParameterError(f"{{}} has no {name}; {REMEDY}", folder)
        with (place / name).open("rb") as file:
            yield file.read(LARGEST + 1)


def _in_wheel(path: Path) -> Iterator[bytes]:
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ParameterError(f"{{}} is a pipe or a device; {REMEDY}", path)
    with zipfile.ZipFile(path) as archive:
        for name in FILES:
            found = [entry for entry in archive.infolist() if PurePosixPath(entry.filename).name == name]
            if len(found) != 1:
                raise ParameterError(f"{{}} has {len(found)} files {name}; {REMEDY}", path)
            with archive.open(found[0]) as file:  # what it claims to unpack to is not believed
                yield file.read(LARGEST + 1)
