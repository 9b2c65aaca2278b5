"""The file names of crops: those of their photographs, each of its own."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from common.formats.labels.forms import folded, without_image_suffix
from common.formats.shards import ClipColumns
from common.runtime.errors import UserError

LONGEST = 200  # bytes of a part of a path, with room for what is added to it
_ODD = re.compile(r"[\x00-\x1f\\:]")  # separators and drives of other systems, and what terminals obey


class CropNames:
    """Gives each crop a file name that no other has, also where capitals and small letters are the same.

    A further face of one photograph is `0_face1`, a face of a clip `0_frame000012_track0`. Where two
    photographs differ in their suffix or the case of a letter alone, the later one has a number behind it.

    Attributes:
        clashes: pairs of the photograph and the name that it has got so, in order.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._faces: Counter[str] = Counter()
        self._taken: set[str] = set()
        self.clashes: list[tuple[str, str]] = []

    def of_shard(self, paths: Sequence[str], clips: ClipColumns | None) -> list[str]:
        """Names for the crops of one more shard, relative to the folder of all, with forward slashes.

        Raises UserError for a path that leaves the folder, or that is no file name everywhere.
        """
        return [self._name(path, _place(clips, row)) for row, path in enumerate(paths)]

    def _name(self, path: str, place: str) -> str:
        refuse_path(path)
        base = without_image_suffix(path) + place
        if not place:
            number = self._faces[path]
            self._faces[path] += 1
            base += f"_face{number}" if number else ""
        name, count = base + self._suffix, 1
        while folded(name) in self._taken:
            count += 1
            name = f"{base}_{count}{self._suffix}"
        if count > 1:
            self.clashes.append((path, name))
        self._taken.add(folded(name))
        return name


def refuse_path(path: str) -> None:
    """Raise UserError for a path in a shard that is not one below a folder, or no file name everywhere."""
    parts = PurePosixPath(path).parts
    inside = bool(parts) and not path.startswith("/") and ".." not in parts and not _ODD.search(path)
    if not inside or any(len(part.encode(errors="replace")) > LONGEST for part in parts):
        raise UserError(
            f"the shards name a photograph {path[:LONGEST]!r}, which is no path below a folder; make them "
            "again from photographs with other names"
        )


def _place(clips: ClipColumns | None, row: int) -> str:
    if clips is None or not clips.clip[row]:
        return ""
    return f"_frame{clips.frame[row]:06d}_track{clips.track[row]}"
