"""The kind of a zip archive: torch, Keras and NumPy write such, and people pack other files into one."""

import zipfile
from pathlib import PurePosixPath
from typing import IO

from common.runtime.file_kinds.kind import Content, Kind

NAMED_FILES = 3  # of an archive, in words
NO_END = "its list of contents, which stands at the end, is missing"
BAD_LIST = "its list of contents cannot be read"


def inspect_zip(file: IO[bytes]) -> Content:
    """What a file is that starts as a zip archive does; its list of contents is read and nothing unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        no_end = str(error) == "File is not a zip file"
        return Content(Kind.ARCHIVE, "zip, as torch's files are", NO_END if no_end else BAD_LIST)
    except (ValueError, NotImplementedError, OverflowError):  # of a made-up list
        return Content(Kind.ARCHIVE, "zip", BAD_LIST)
    names = [entry.filename for entry in entries if not entry.is_dir()]
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    return _by_names(names, packed)


def _by_names(names: list[str], packed: bool) -> Content:
    bases = {PurePosixPath(name).name for name in names}
    if bases & {"archive_format", "serialized_exported_program.json"}:
        return Content(Kind.TORCH_EXPORT)
    if "data.pkl" in bases:
        if "constants.pkl" in bases and any("/code/" in name for name in names):
            return Content(Kind.TORCHSCRIPT)
        as_written = not packed and any(PurePosixPath(name).parts[1:] == ("data.pkl",) for name in names)
        return Content(Kind.TORCH if as_written else Kind.TORCH_REPACKED)
    if {"config.json", "model.weights.h5"} <= bases:
        return Content(Kind.KERAS, ".keras")
    if names and all(name.endswith(".npy") for name in names):
        return Content(Kind.NUMPY, ".npz")
    more = f" and {len(names) - NAMED_FILES} more" if len(names) > NAMED_FILES else ""
    return Content(
        Kind.ARCHIVE, f"zip with {', '.join(sorted(names)[:NAMED_FILES]) or 'nothing in it'}{more}"
    )
