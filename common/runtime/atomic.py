"""Atomic writes: a file is whole or absent, whatever kills the process that writes it."""

import os
import platform
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Machines that write into one shared folder can have processes of the same number.
_HOST = re.sub(r"[^\w-]", "_", platform.node())  # without dots, which part the fields of a temporary's name

# Whether a process of another machine still runs cannot be asked, but no file takes this long to write: an
# hour leaves room for a stalled file server and for clocks that differ.
_FOREIGN_IS_STALE_S = 3600


def write_atomically(path: Path, write: Callable[[Path], object], *, durable: bool = True) -> None:
    """Call `write(temporary)` and rename that file to `path`; if `durable`, once its bytes are on the disk.

    The temporary file lies beside `path` (a rename is atomic only within one file system) and is removed
    when `write` fails. Raises OSError when the folder cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{_HOST}.{os.getpid()}.tmp")
    try:
        write(temporary)
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename in (None, str(temporary)):  # a full disk is told without a name
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        _sync_folder(path.parent)


def write_text_atomically(path: Path, text: str) -> None:
    """Write `text` as UTF-8; see `write_atomically`."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def remove_stale_temporaries(folder: Path) -> None:
    """Remove what killed processes left half written in a folder; files of running ones are spared.

    Files of another machine are removed once they have not changed for an hour.
    """
    for path in folder.glob(".*.tmp"):
        writer, _, process = path.name.removesuffix(".tmp").rpartition(".")
        if not process.isdecimal():
            continue
        with suppress(FileNotFoundError):  # its writer has just finished
            if writer.endswith(f".{_HOST}"):
                stale = not _is_running(int(process))
            else:
                stale = time.time() - path.stat().st_mtime > _FOREIGN_IS_STALE_S
            if stale:
                path.unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    try:  # one that ended has its number until its parent asks, and none may ask where that was killed too
        state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):  # no Linux, or it has just ended
        return True
    return state != b"Z"


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; some file systems refuse to sync a folder, which is harmless."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
