"""A file of labels: where it lies, and of which photographs it may speak."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from align.sources.photograph_list import PhotographList, Said, read_photograph_list
from align.sources.reading import AS_FOUND, Reading
from align.sources.splits import splits_in
from common.formats.labels.files import META_FILE
from common.formats.labels.json_flags import read_json_flags

TABLES = (".csv", ".tsv")
_LEVELS_ABOVE = 3


@dataclass(frozen=True)
class LabelFile:
    """A `meta.json`, or a table; its labels are relative to its folder."""

    path: Path
    below: str = ""  # its folder relative to that of the photographs, where it lies deeper
    above: str = ""  # the folder of the photographs relative to its own, where it lies higher

    @property
    def is_meta(self) -> bool:
        """Whether it is called `meta.json`, in capitals or not."""
        return self.path.name.lower() == META_FILE

    @property
    def is_table(self) -> bool:
        """Whether it is a CSV file by its suffix."""
        return self.path.suffix.lower() in TABLES

    def spoken_of(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of the photographs that it may speak of: their paths relative to its folder, and as they are.

        A `train.csv` does not speak of what lies in `test_images`.
        """
        if self.above:
            relative = {f"{self.above}/{path}": path for path in paths}
        elif self.below:
            prefix = f"{self.below}/"
            relative = {path[len(prefix) :]: path for path in paths if path.startswith(prefix)}
        else:
            relative = {path: path for path in paths}
        splits = splits_in(self.path.name)
        if not splits:
            return relative
        return {
            own: path
            for own, path in relative.items()
            if not (said := splits_in(own.rpartition("/")[0])) or splits & said
        }

    def read(self, reading: Reading = AS_FOUND) -> tuple[dict[str, Said], PhotographList | None]:
        """What it says by the names in it, and, of a table, its rows. Raises UserError where malformed."""
        if self.is_meta:
            said = {flag: Said("", flag) for flag in (False, True)}
            return {key: said[flag] for key, flag in read_json_flags(self.path).items()}, None
        listed = read_photograph_list(self.path, reading.columns, reading.positive)
        return {path: row.said for path, row in listed.by_path().items()}, listed


def in_and_below(root: Path, tables: Sequence[str]) -> list[LabelFile]:
    """The files found in a walk, wherever in the folder they lie."""
    return [LabelFile(root / table, table.rpartition("/")[0]) for table in tables]


def above(root: Path, suffixes: Sequence[str]) -> Iterator[list[LabelFile]]:
    """The files that end so in each of the few folders above, from the nearest up."""
    place = Path(os.path.abspath(root))  # noqa: PTH100 (a link's own name stays)
    for level in range(1, min(_LEVELS_ABOVE, len(place.parts) - 1) + 1):
        folder = place.parents[level - 1]
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
        except OSError:
            return
        relative = "/".join(place.parts[-level:])
        yield [
            LabelFile(folder / name, above=relative)
            for name in names
            if name.lower().endswith(tuple(suffixes))
        ]
