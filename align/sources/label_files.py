"""Where files of labels lie: in the folder of the photographs, in one below, or in one above."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from align.sources.splits import splits_in
from align.sources.walk import walk
from common.formats.labels.files import META_FILE
from common.formats.labels.join import join_labels
from common.formats.labels.labelling import GO_ON
from common.runtime.errors import UserError

Value = TypeVar("Value")

_LEVELS_ABOVE = 3


@dataclass(frozen=True)
class LabelFile:
    """A file of labels; their keys are relative to its folder."""

    path: Path
    below: str = ""  # its folder relative to that of the photographs, where it lies deeper
    above: str = ""  # the folder of the photographs relative to its own, where it lies higher

    @property
    def elsewhere(self) -> bool:
        """Whether its labels may be of photographs that lie beside the folder."""
        return bool(self.above)

    def paths(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of the photographs' paths that it may speak of: relative to its folder, and as they are.

        A `train.csv` does not speak of what lies in `test_images`.
        """
        if self.above:
            relative = {f"{self.above}/{path}": path for path in paths}
        else:
            prefix = f"{self.below}/" if self.below else ""
            relative = {path[len(prefix) :]: path for path in paths if path.startswith(prefix)}
        return {own: path for own, path in relative.items() if self._may_speak_of(own)}

    def _may_speak_of(self, path: str) -> bool:
        splits = splits_in(self.path.name)
        return not splits or not (said := splits_in(path.rpartition("/")[0])) or bool(splits & said)


def in_or_below(root: Path, tables: Sequence[str]) -> list[LabelFile]:
    """Those of the files found in a walk that lie in the folder itself, or else those in folders below."""
    files = in_and_below(root, tables)
    return [file for file in files if not file.below] or files


def in_and_below(root: Path, tables: Sequence[str]) -> list[LabelFile]:
    """The files found in a walk, wherever in the folder they lie."""
    return [LabelFile(root / table, table.rpartition("/")[0]) for table in tables]


def above(root: Path, suffixes: Sequence[str]) -> Iterable[list[LabelFile]]:
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


def own_labels(
    file: LabelFile, labels: Mapping[str, Value], paths: Sequence[str], allow: bool
) -> dict[str, Value]:
    """The labels of a file that may be of photographs of the folder: not those of photographs beside it.

    Raises UserError, unless `allow`, where labels of a file that lies above may mean either; else these are
    left out.
    """
    if not file.above:
        return dict(labels)
    own = file.paths(paths)
    every = LabelFile(file.path).paths(walk(file.path.parent).paths)
    beside = [path for path in every if path not in own]
    if not beside:
        return dict(labels)
    join = join_labels(labels, [*own, *beside])
    either = set(join.ambiguous_keys) & set(join_labels(labels, list(own)).path_of)
    if either and not allow:
        raise UserError(
            f'{file.path}: "{min(either)}" and {len(either) - 1:,} other labels may mean photographs in this '
            f"folder and beside it; mend the keys, or go on without these with {GO_ON}"
        )
    return {
        key: value
        for key, value in labels.items()
        if (key in join.path_of and join.path_of[key] in own)
        or (key not in join.path_of and key not in either)
    }


def is_meta(file: LabelFile) -> bool:
    """Whether a file of labels is called `meta.json`, in capitals or not."""
    return file.path.name.lower() == META_FILE
