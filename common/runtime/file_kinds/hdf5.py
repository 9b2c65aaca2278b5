"""The reason for which HDF5 does not open a file, in one line."""

import re
from pathlib import Path

from common.runtime.errors import first_line
from common.runtime.file_kinds.inspect import inspect
from common.runtime.file_kinds.kind import Kind
from common.runtime.file_kinds.trouble import describe_trouble

HDF5_KINDS = (Kind.HDF5, Kind.OWN_HDF5)
_CUT = re.compile(r"truncated file: eof = (\d+),.* stored_eof = (\d+)")


def describe_hdf5_trouble(path: Path, error: Exception, remedy: str) -> str:
    """One line on an exception of h5py's: what the system says, or what the file is if it is no whole HDF5.

    `remedy` is for files that are not there, damaged or of another kind; a file that is locked, or that may
    not be read, is not to be made anew.
    """
    try:
        if isinstance(error, FileNotFoundError):
            return f"{describe_trouble(path, error)}; {remedy}"
        if isinstance(error, OSError) and error.errno:
            return describe_trouble(path, error)
        content = inspect(path)
    except OSError as trouble:
        return describe_trouble(path, trouble)
    if content.kind not in HDF5_KINDS:
        return f"{path} is {content.text}, not an HDF5 file; {remedy}"
    cut = _CUT.search(str(error))
    reason = f"it has {int(cut[1]):,} of {int(cut[2]):,} bytes" if cut else first_line(error)
    return f"{path} is an HDF5 file that is damaged: {reason}; {remedy}"
