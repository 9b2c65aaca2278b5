"""The folder that a source lies in: its files, and those of them, or above it, that label photographs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from align.sources.label_file import TABLES, LabelFile, above, in_and_below
from align.sources.pair_labels import names_two_faces
from align.sources.photograph_list import MAX_LINE, Said
from align.sources.reading import AS_FOUND, Reading
from align.sources.taking import Taking
from align.sources.walk import Walk, walk
from common.formats.csv_rows import first_row, read_csv_rows
from common.formats.labels.files import META_FILE
from common.formats.labels.join import join_labels
from common.formats.labels.labelling import GO_ON
from common.formats.labels.nearest import nearest
from common.formats.labels.photograph_columns import may_be_labels, path_column
from common.runtime.errors import UserError
from common.runtime.wording import counted

_MOST_FILES = 100  # that are looked into


@dataclass(frozen=True)
class Folder:
    """What layouts read photographs from; its parts are found when they are asked for."""

    origin: Path  # the folder, or the list in it, that was named
    reading: Reading = AS_FOUND
    follow_links: bool = False
    clips: bool = False  # whether videos are wanted beside photographs
    taking: Taking = field(default_factory=Taking)

    @cached_property
    def root(self) -> Path:
        """The folder itself; paths are relative to it."""
        return self.origin if self.origin.is_dir() else self.origin.parent

    @cached_property
    def found(self) -> Walk:
        """Everything in it. Raises UserError when it cannot be read."""
        return walk(self.root, self.follow_links, self.clips)

    @property
    def paths(self) -> list[str]:
        """The photographs in it, and clips if they are wanted, sorted."""
        return self.found.paths

    @cached_property
    def files(self) -> list[LabelFile]:
        """The files in it that may hold labels, by their suffixes."""
        return in_and_below(self.root, self.found.tables)

    @cached_property
    def tables(self) -> list[LabelFile]:
        """The tables in it whose header is that of labels of photographs."""
        return self._with_header_of_labels(self.files)

    @cached_property
    def meta(self) -> list[LabelFile]:
        """The `meta.json` files that label the photographs.

        That in the folder, whatever it holds; or else those in folders below, where they are flags; or else
        the nearest in the folders above of which a key means one of the photographs.

        Raises UserError where the one right above calls photographs synthetic and names none of these.
        """
        own = [file for file in self.files if file.is_meta]
        own = [file for file in own if not file.below] or [file for file in own if _flags(file)]
        if own or not self.paths:
            return own
        for level, files in enumerate(above(self.root, [META_FILE])):
            for file in files:
                if file.is_meta and (labels := _flags(file)):
                    if join_labels(labels, list(file.spoken_of(self.paths))).path_of:
                        return [file]
                    if level == 0:
                        self._refuse_lost(file, labels)
        return []

    @cached_property
    def labels(self) -> list[LabelFile]:
        """The tables with a header of labels and a name that means one of the photographs.

        Those in the folder, or else in folders below it, or else the nearest in the few folders above.

        Raises UserError where those in the folder call photographs synthetic and name none that is there,
        unless that is allowed; and when one is malformed.
        """
        fitting = self._that_fit(self.tables)
        found = [file for file in fitting if not file.below] or fitting
        if found or not self.paths:
            return found
        for file in self.tables if not self.reading.allow_unlabelled else ():
            self._refuse_lost(file, file.read(self.reading)[0])
        higher = (self._that_fit(self._with_header_of_labels(files)) for files in above(self.root, TABLES))
        return next(filter(None, higher), [])

    def _with_header_of_labels(self, files: Sequence[LabelFile]) -> list[LabelFile]:
        tables = [file for file in files if file.is_table and not self.reading.is_correction(file.path)]
        return [file for file in tables[:_MOST_FILES] if self._has_header_of_labels(file.path)]

    def _has_header_of_labels(self, table: Path) -> bool:
        columns = self.reading.columns
        try:
            header = first_row(table)
        except (OSError, UserError):
            return False
        known = path_column(header, columns) is not None and may_be_labels(header, columns)
        return known and not names_two_faces(header)

    def _that_fit(self, tables: Sequence[LabelFile]) -> list[LabelFile]:
        """Those of which a name means one of the photographs."""
        found = []
        for file in tables:
            rows = (row for _, row in read_csv_rows(file.path, max_line=MAX_LINE) if any(row))
            column = path_column(next(rows, []), self.reading.columns) or 0
            keys = dict.fromkeys(row[column] for row in rows if column < len(row) and row[column])
            spoken_of = file.spoken_of(self.paths)
            if not spoken_of.keys().isdisjoint(keys) or join_labels(keys, list(spoken_of)).path_of:
                found.append(file)
        return found

    def _refuse_lost(self, file: LabelFile, labels: dict[str, Said]) -> None:
        """Raise UserError where labels, none of which means a photograph, call some synthetic."""
        synthetic = [key for key, said in labels.items() if said.synthetic]
        if synthetic and not self.reading.allow_unlabelled:
            near = nearest(synthetic[0], self.paths) or self.paths[0]
            raise UserError(
                f"{file.path} calls {counted(len(synthetic), 'photograph')} synthetic, such as "
                f'"{synthetic[0]}", but none of its {len(labels):,} names means one that is there (the '
                f"nearest is {near}); mend the names, or go on without it with {GO_ON}"
            )


def _flags(file: LabelFile) -> dict[str, Said]:
    """What a `meta.json` says; nothing where it is something else."""
    try:
        return file.read()[0]
    except UserError:
        return {}
