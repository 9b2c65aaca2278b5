"""What lies in the folder of a source, and what leaves it."""

import os
import posixpath
import re
import stat
from functools import lru_cache
from pathlib import Path

_DRIVE = re.compile("[A-Za-z]:")


def lies_in(root: str, path: str) -> bool:
    """Whether `path` is `root` or below it; both are real paths."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


class Boundary:
    """The folder that the paths of a list must not leave: not by their words, nor by a link on their way."""

    def __init__(self, root: Path, follow_links: bool) -> None:
        self._root = os.path.realpath(root)
        self._follow_links = follow_links
        self._real_folder = lru_cache(4096)(self._resolve)  # lists mostly go folder by folder

    def normalised(self, path: str) -> str | None:
        """The path with `.`, `..` and doubled slashes taken out; None if it leaves the folder.

        Absolute paths, drive letters and NUL leave it. A link out of it does unless links are followed.
        A path that does not exist stays.
        """
        if path.startswith("/") or "\0" in path or _DRIVE.match(path):
            return None
        normal = posixpath.normpath(path)
        if normal == ".." or normal.startswith("../"):
            return None
        return normal if self._follow_links or lies_in(self._root, self._real(normal)) else None

    def _real(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        place = f"{self._real_folder(folder)}{os.sep}{name}"
        try:
            is_link = stat.S_ISLNK(os.lstat(place).st_mode)
        except OSError:
            is_link = False
        # Where the name itself holds separators, as a backslash is on Windows, only realpath knows.
        return os.path.realpath(place) if is_link or os.sep in name else place

    def _resolve(self, folder: str) -> str:
        return os.path.realpath(f"{self._root}{os.sep}{folder}")
