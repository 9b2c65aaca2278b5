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
        self._spelled_root = os.path.abspath(root)  # noqa: PTH100 (links stay)
        self._follow_links = follow_links
        self._real_folder = lru_cache(4096)(self._resolve)  # lists mostly go folder by folder

    def normalised(self, path: str) -> str | None:
        """The path relative to the folder, without `.`, `..` and doubled slashes; None if it leaves it.

        An absolute path is inside where the folder begins it, links in either resolved or not. Drive letters
        and NUL leave it. A path through a link that leads out is outside unless links are followed; a missing
        path counts as inside.
        """
        if "\0" in path or _DRIVE.match(path):
            return None
        normal = self._below(path) if path.startswith("/") else posixpath.normpath(path)
        if normal is None or normal == ".." or normal.startswith("../"):
            return None
        return normal if self._follow_links or lies_in(self._root, self._real(normal)) else None

    def why_outside(self, path: str) -> str:
        """How a path leaves the folder, for people, where `normalised` gives None."""
        if "\0" in path:
            return "it holds a NUL character"
        if _DRIVE.match(path):
            return "a drive letter of another system"
        if path.startswith("/"):
            return f"an absolute path that does not begin with {self._spelled_root}"
        by_dots = posixpath.normpath(path).startswith("..")
        return "by .." if by_dots else "by a link; --follow-links follows it"

    def _below(self, path: str) -> str | None:
        """An absolute path relative to the folder; None if it is not in it."""
        normal = posixpath.normpath(path).replace("//", "/", 1)
        folder, _, name = normal.rpartition("/")
        if lies_in(self._spelled_root, normal):
            return os.path.relpath(normal, self._spelled_root)
        for place in (normal, f"{os.path.realpath(folder or '/')}/{name}"):
            if lies_in(self._root, place):
                return os.path.relpath(place, self._root)
        return None

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
