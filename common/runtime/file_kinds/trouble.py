"""The reason for which the system does not open a file, in one line."""

import errno
from pathlib import Path

REASONS = {
    errno.EACCES: "may not be read: permission denied; give yourself the right (chmod u+r) or ask its owner",
    errno.EPERM: "may not be read: the system does not permit it; ask its owner",
    errno.EAGAIN: "is held open by another program, which locks it; wait until that has ended and try again",
    errno.ENOLCK: "cannot be locked on this file system; set HDF5_USE_FILE_LOCKING=FALSE to read it unlocked",
    errno.EMFILE: "cannot be opened: this process has too many files open; raise the limit (ulimit -n)",
    errno.ENFILE: "cannot be opened: this machine has too many files open; close some",
    errno.EIO: "cannot be read: the disk reports an input/output error; copy the file from elsewhere",
    errno.ESTALE: "cannot be read: the network folder has lost it (stale file handle); mount it again",
    errno.ELOOP: "is a link that leads in a circle; name the file itself",
    errno.ENAMETOOLONG: "is too long a name for this file system",
    errno.EISDIR: "is a folder, not a file",
}


def describe_trouble(path: Path, error: OSError) -> str:
    """One line on why a file could not be opened and what to do, by the error's number."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        if path.is_symlink():
            return f"{path} is a link to {path.readlink()}, which is not there"
        return f"no such file: {path}"
    if error.errno in REASONS:
        return f"{path} {REASONS[error.errno]}"
    return f"{path} cannot be read: {error.strerror or error}"
