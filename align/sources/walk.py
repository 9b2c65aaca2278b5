"""Every photograph below a folder, found in one walk that neither leaves it nor goes in circles."""

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from align.sources.boundary import lies_in
from align.sources.photograph import is_clip, is_photograph
from common.runtime.errors import UserError

LINK_OUT = "a link out of the source folder; align the folder it lies in, or pass --follow-links"
DEAD_LINK = "a link that leads to no file"
NO_FILE = "not a file, but a pipe, a socket or a device"
LABEL_SUFFIXES = (".json", ".jsonl", ".csv", ".tsv", ".txt", ".lst")  # of files that may hold labels
_DEEPEST_TABLE = 8  # folders around a file of labels
_MOST_TABLES = 1000  # of each suffix: every photograph may have a text beside it


@dataclass(frozen=True)
class Walk:
    """What lies below a folder; paths are relative to it, with forward slashes."""

    paths: list[str] = field(default_factory=list)  # of the photographs, and clips if wanted, sorted
    problems: dict[str, str] = field(default_factory=dict)  # of those that cannot be used: path, why
    closed: dict[str, str] = field(default_factory=dict)  # folders that were not entered: path, why
    others: Counter[str] = field(default_factory=Counter, compare=False)  # files that are none, by suffix
    tables: list[str] = field(default_factory=list, compare=False)  # that may hold labels, not deep down


def walk(root: Path, follow_links: bool = False, clips: bool = False) -> Walk:
    """The photographs below `root`, judged by their names; hidden files and folders are passed over.

    With `clips` videos are among them; else they are other files.

    Links to files in `root` are photographs like others. A link out of `root` is a problem unless
    `follow_links`. A folder is entered once: under its own path if it has one below `root`, else under that
    of the first link to it. Names that are not UTF-8 hold surrogate escapes.

    Raises UserError when `root` itself cannot be read; a subfolder that cannot be read is among the closed.
    """
    walker = _Walker(os.path.realpath(root), follow_links, clips)
    walker.enter("", walker.root)
    found = walker.found
    if "" in found.closed:
        raise UserError(f"{root} is {found.closed['']}; mend its permissions, or name another folder")
    while walker.links:
        links, walker.links = sorted(walker.links), []
        for path, target in links:
            walker.enter(path, target, by_link=True)
    found.paths.sort()
    found.tables.sort()
    return found


class _Walker:
    def __init__(self, root: str, follow_links: bool, clips: bool) -> None:
        self.root = root  # real path
        self.follow_links = follow_links
        self.clips = clips
        self.found = Walk()
        self.tables: Counter[str] = Counter()  # seen, by suffix
        self.links: list[tuple[str, str]] = []  # to folders: path, real path of the target
        self.entered: set[str] = set()  # real paths of the folders that links led to

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
                self.found.closed[path] = f"a folder that cannot be read ({error.strerror})"

    def _is_new(self, real: str) -> bool:
        """Whether a folder that a link led to is neither below the root under its own name nor entered."""
        below = real[len(self.root) :] if lies_in(self.root, real) else None
        if real in self.entered or (below is not None and f"{os.sep}." not in f"{os.sep}{below}"):
            return False
        self.entered.add(real)
        return True

    def _is_folder(self, entry: os.DirEntry[str], path: str) -> bool:
        """Whether an entry is a folder of its own; photographs and links are noted."""
        if entry.is_dir(follow_symlinks=False):
            return True
        if entry.is_symlink():
            self._note_link(entry, path)
        elif entry.is_file(follow_symlinks=False):
            self._note_file(entry.name, path)
        elif self._is_wanted(entry.name):
            self._note_photograph(path, NO_FILE)
        return False

    def _note_file(self, name: str, path: str) -> None:
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        if self._is_wanted(name):
            self.found.paths.append(path)
        elif suffix in LABEL_SUFFIXES:
            self.tables[suffix] += 1
            few = self.tables[suffix] <= _MOST_TABLES or name.lower() == "meta.json"
            if few and path.count("/") <= _DEEPEST_TABLE:
                self.found.tables.append(path)
        else:
            self.found.others[suffix] += 1

    def _is_wanted(self, name: str) -> bool:
        return is_photograph(name) or (self.clips and is_clip(name))

    def _note_photograph(self, path: str, problem: str) -> None:
        self.found.paths.append(path)
        self.found.problems[path] = problem

    def _note_link(self, entry: os.DirEntry[str], path: str) -> None:
        target = os.path.realpath(entry.path)
        leads_out = not self.follow_links and not lies_in(self.root, target)
        try:
            mode = entry.stat().st_mode
        except OSError:
            mode = 0
        if stat.S_ISDIR(mode):
            if leads_out:
                self.found.closed[path] = LINK_OUT
            else:
                self.links.append((path, target))
        elif self._is_wanted(path) and (leads_out or not stat.S_ISREG(mode)):
            self._note_photograph(path, LINK_OUT if leads_out else NO_FILE if mode else DEAD_LINK)
        elif stat.S_ISREG(mode) and (self._is_wanted(path) or path.lower().endswith(LABEL_SUFFIXES)):
            self._note_file(entry.name, path)  # labels are read through links, as those above a folder are
