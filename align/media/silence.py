"""C libraries kept from the terminal: what they tell of a file goes into a report, or nowhere."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STDERR = threading.Lock()  # file descriptor 2 is the whole process's


@contextmanager
def without_stderr() -> Iterator[None]:
    """libtiff writes what it makes of damage to file descriptor 2, past Python."""
    with _STDERR:
        kept = os.dup(2)
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
