"""Every photograph below a folder, found in one walk that neither leaves it nor goes in circles."""

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from align.sources.boundary import lies_in
from align.sources.photograph import is_photograph
from common.runtime.errors import UserError

LINK_OUT = "a link out of the source folder; align the folder it lies in, or pass --follow-links"
DEAD_LINK = "a link that leads to no file"
NO_FILE = "not a file, but a pipe, a socket or a device"
_TABLES = frozenset({".json", ".jsonl", ".csv", ".tsv", ".txt", ".lst"})
_DEEPEST_TABLE = 8  # folders around a file of labels
_MOST_TABLES = 1000  # of each suffix: every photograph may have a text beside it


@dataclass(frozen=True)
class Walk:
    """What lies below a folder; paths are relative to it, with forward slashes."""

    paths: list[str]  # of the photographs, sorted
    problems: dict[str, str]  # of those that cannot be used: path, why
    closed: dict[str, str]  # folders that were not entered: path, why
    others: Counter[str] = field(default_factory=Counter, compare=False)  # files that are none, by suffix
    tables: list[str] = field(default_factory=list, compare=False)  # that may hold labels, not deep down


def walk(root: Path, follow_links: bool = False) -> Walk:
    """The photographs below `root`, judged by their names; hidden files and folders are passed over.

    Links to files in `root` are photographs like others. A link out of `root` is a problem unless
    `follow_links`. A folder is entered once: under its own path if it has one below `root`, else under that
    of the first link to it. Names that are not UTF-8 hold surrogate escapes.

    Raises UserError when `root` itself cannot be read; a subfolder that cannot be read is among the closed.
    """
    walker = _Walker(os.path.realpath(root), follow_links)
    walker.enter("", walker.root)
    if "" in walker.closed:
        raise UserError(f"{root} is {walker.closed['']}; mend its permissions, or name another folder")
    while walker.links:
        links, walker.links = sorted(walker.links), []
        for path, target in links:
            walker.enter(path, target, by_link=True)
    walker.paths.sort()
    walker.tables.sort()
    return Walk(walker.paths, walker.problems, walker.closed, walker.others, walker.tables)


@dataclass
class _Walker:
    root: str  # real path
    follow_links: bool
    paths: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    tables: list[str] = field(default_factory=list)
    of_suffix: Counter[str] = field(default_factory=Counter)  # tables that were seen
    links: list[tuple[str, str]] = field(default_factory=list)  # to folders: path, real path of the target
    entered: set[str] = field(default_factory=set)  # real paths of the folders that links led to

    def enter(self, path: str, real: str, by_link: bool = False) -> None:
        waiting = [(path, real)]
        while waiting:
            path, real = waiting.pop()
            if by_link and not self._is_new(real):
                continue
            prefix = f"{path}/" if path else ""
            try:
                with os.scandir(real) as entries:
                    waiting += [
                        (prefix + entry.name, entry.path)
                        for entry in entries
                        if not entry.name.startswith(".") and self._is_folder(entry, prefix + entry.name)
                    ]
            except OSError as error:
                self.closed[path] = f"a folder that cannot be read ({error.strerror})"

    def _is_folder(self, entry: os.DirEntry[str], path: str) -> bool:
        """Whether an entry is a folder of its own; photographs and links are noted."""
        if entry.is_dir(follow_symlinks=False):
            return True
        if entry.is_symlink():
            self._note_link(entry, path)
        elif entry.is_file(follow_symlinks=False):
            self._note_file(entry.name, path)
        elif is_photograph(entry.name):
            self._note_problem(path, NO_FILE)
        return False

    def _note_file(self, name: str, path: str) -> None:
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        if is_photograph(name):
            self.paths.append(path)
        elif suffix in _TABLES:
            self.of_suffix[suffix] += 1
            few = self.of_suffix[suffix] <= _MOST_TABLES or name.lower() == "meta.json"
            if path.count("/") <= _DEEPEST_TABLE and few:
                self.tables.append(path)
        else:
            self.others[suffix] += 1

    def _is_new(self, real: str) -> bool:
        """Whether a folder that a link led to is neither below the root under its own name nor entered."""
        if lies_in(self.root, real):
            below = real[len(self.root) :]
            if f"{os.sep}." not in f"{os.sep}{below}":
                return False
        if real in self.entered:
            return False
        self.entered.add(real)
        return True

    def _note_link(self, entry: os.DirEntry[str], path: str) -> None:
        target = os.path.realpath(entry.path)
        leads_out = not self.follow_links and not lies_in(self.root, target)
        try:
            mode: int | None = entry.stat().st_mode
        except OSError:
            mode = None
        if mode is not None and stat.S_ISDIR(mode):
            if leads_out:
                self.closed[path] = LINK_OUT
            else:
                self.links.append((path, target))
        elif is_photograph(path):
            if leads_out:
                self._note_problem(path, LINK_OUT)
            elif mode is None or not stat.S_ISREG(mode):
                self._note_problem(path, DEAD_LINK if mode is None else NO_FILE)
            else:
                self.paths.append(path)
        elif mode is not None and stat.S_ISREG(mode) and path.lower().endswith(tuple(_TABLES)):
            self._note_file(entry.name, path)  # labels are read through links, as those above a folder are

    def _note_problem(self, path: str, why: str) -> None:
        self.paths.append(path)
        self.problems[path] = why
