"""Files beside photographs that may say what these are, and that nothing was read from."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from align.sources.label_file import TABLES
from align.sources.pair_labels import names_two_faces
from align.sources.photograph import folder_of
from common.formats.csv_rows import csv_form
from common.formats.header import plain
from common.formats.labels.flags import read_synthetic
from common.formats.labels.forms import folded, spelled, without_image_suffix
from common.formats.labels.labelling import GO_ON
from common.formats.labels.photograph_columns import OTHERS
from common.formats.text_encoding import encoding_of
from common.runtime.errors import UserError
from common.runtime.wording import counted

_HEAD = 1 << 18  # bytes that are looked at
_MOST_ROWS = 1000
_MOST_FILES = 100
_SHOWN = 5  # files in the notes
_MOST_FLAGS = 3  # columns of flags; more are attributes, as CelebA's
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FLAG = re.compile(r'":\s*(?:[01](?:\.0)?|true|false)\s*[,}]')
_CELL = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class UnreadTable:
    """What a file that was not read seems to say of photographs."""

    file: Path
    names: int = 0  # of its first rows, how many name a photograph that is there, or a folder of some
    labels: bool = False  # whether something beside the names may tell what the photographs are
    why: str = ""  # it cannot be read, or it is something else
    beginning: str = ""  # its first line

    def note(self) -> str:
        """What to tell of it, for people."""
        why = self.why or (f"{self.names:,} of its first rows name photographs" if self.names else "")
        return f"{self.file} is not read" + (f": {why}" if why else "")


class _Names:
    """The names of photographs and of their folders, by which rows of a table are known to speak of them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._photographs: set[str] = set()
        self._folders: set[str] = set()
        for folder, own in groupby(paths, key=folder_of):
            self._folders.update(folded(folder).split("/"))
            self._photographs.update(folded(path.rpartition("/")[2]) for path in own)
        self._folders.discard("")
        self._stems = {without_image_suffix(name) for name in self._photographs} | self._folders

    def is_photograph(self, cell: str) -> bool:
        """Whether a cell is a path, with its suffix, to a photograph of one of these names."""
        return _name(cell) in self._photographs

    def has(self, cell: str) -> bool:
        """Whether a cell is a path to one, with its suffix or without, or to a folder of some."""
        return (name := _name(cell)) in self._photographs or name in self._stems

    def are_named(self, cells: Sequence[str]) -> bool:
        """Whether a column names photographs: by their suffix, or each once and half of all there are."""
        if 2 * sum(map(self.is_photograph, cells)) >= len(cells) > 0:
            return True
        few = min(len(self._photographs), len(self._folders) or _MOST_ROWS, _MOST_ROWS)
        return (
            len(set(cells)) == len(cells) > 1
            and 2 * len(cells) >= few
            and 2 * sum(_name(cell) in self._stems for cell in cells) >= len(cells)
            and any(read_synthetic(cell) is None for cell in cells[1:])
        )


def _name(cell: str) -> str:
    return folded(spelled(cell)).rpartition("/")[2]


def unread_tables(files: Sequence[Path], paths: Sequence[str]) -> list[UnreadTable]:
    """What each of the first files seems to say of the photographs."""
    if not files:
        return []
    names = _Names(paths)
    return [_look_into(file, names) for file in files[:_MOST_FILES]]


def refuse_labels(tables: Iterable[UnreadTable]) -> None:
    """Raise UserError for the first of the files that seems to label photographs."""
    for table in tables:
        if table.labels:
            mend = "write it as a .csv whose first line is path,synthetic"
            if table.file.suffix.lower() in TABLES:
                mend = "name the columns in its first line, path,synthetic, or with --columns path=NAME,…"
            named = counted(table.names, "photograph or folder", "photographs or folders")
            raise UserError(
                f"{table.file} names {named} and may label them, but it is not known how; it begins with "
                f'"{table.beginning}". Looked for were, in and above the folder, meta.json, and columns '
                "called path, filename, image … and synthetic, is_fake …; "
                f"{mend}; or go on without it by --layout people, flat …, or with {GO_ON}"
            )


def notes_of(tables: Sequence[UnreadTable]) -> list[str]:
    """What to tell of files that were not read: of the first few, and how many more there are."""
    more = len(tables) - _SHOWN
    shown = [table.note() for table in tables[:_SHOWN]]
    return [*shown, f"{more:,} other files of labels or the like are not read"] if more > 0 else shown


def _look_into(file: Path, names: _Names) -> UnreadTable:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
        text = head.decode(encoding_of(head), errors="replace")
        if "\0" in text or text.startswith("PK\3\4"):
            zipped = ", but a zip or .xlsx" if head.startswith(b"PK") else ""
            return UnreadTable(file, why=f"it is no text{zipped}")
        count, labels, why = (_in_json if file.suffix.lower() in (".json", ".jsonl") else _in_table)(
            file, text, names
        )
    except (OSError, UserError, csv.Error):
        return UnreadTable(file, why="it cannot be read as text in columns")
    return UnreadTable(file, count, labels, why, (text.splitlines() or [""])[0][:80])


def _in_json(file: Path, text: str, names: _Names) -> tuple[int, bool, str]:
    texts = [found.replace("\\/", "/") for found in _TEXT.findall(text)]
    count = sum(map(names.is_photograph, texts))
    flat = text.lstrip().startswith("{") and _FLAG.search(text)
    words = any(read_synthetic(cell) is not None or cell.lower() in ("label", "target") for cell in texts)
    return count, count > 0 and bool(flat or words), ""


def _in_table(file: Path, text: str, names: _Names) -> tuple[int, bool, str]:
    rows = _rows(file, text)
    width = max(map(len, rows), default=0)
    columns = [[row[at].strip() for row in rows if at < len(row)] for at in range(width)]
    naming = [at for at, cells in enumerate(columns) if names.are_named(cells)]
    if not naming:
        return 0, False, ""
    count = sum(map(names.has, columns[naming[0]]))
    if "drop" in (cell.lower() for cell in rows[0]):
        return count, False, "corrections are taken with --relabel"
    if len(naming) > 1 or names_two_faces(rows[0]):
        return count, False, "a list of pairs; train run --pairs and infer pairs take what it says"
    flags = sum(_may_be_flags(cells) for at, cells in enumerate(columns) if at not in naming)
    return count, 0 < flags <= _MOST_FLAGS, ""


def _rows(file: Path, text: str) -> list[list[str]]:
    lines = text.splitlines()[:_MOST_ROWS]
    if file.suffix.lower() not in TABLES:
        return [_CELL.split(line.strip()) for line in lines if line.strip()]
    reader = csv.reader(lines, delimiter=csv_form(file).separator)
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    return rows if any(len(row) > 1 for row in rows) else [_CELL.split(row[0]) for row in rows]


def _may_be_flags(cells: Sequence[str]) -> bool:
    """Whether a column, its first cell maybe its name, may say of photographs what they are."""
    if cells and plain(cells[0]) in OTHERS:
        return False
    values = set(cells[1:] or cells) - {""}
    two = len(values) == 2 and len(cells) > 4
    return bool(values) and (two or any(read_synthetic(value) is not None for value in values))
