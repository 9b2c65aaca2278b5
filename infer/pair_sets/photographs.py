"""The photographs that a list names, each once, none outside its folder."""

from pathlib import Path

from align.sources.boundary import Boundary


class Photographs:
    """Distinct photographs below a folder, in the order in which they are named.

    Whether they are there is not looked at: a photograph that is missing is reported when it is read.
    """

    def __init__(self, root: Path, follow_links: bool = False) -> None:
        self._root = root
        self._boundary = Boundary(root, follow_links)
        self._rows: dict[str, int] = {}

    def row(self, path: str) -> int | None:
        """The row of a photograph; `a//b.jpg` and `./a/b.jpg` are the same one.

        `path` is relative to the folder, with forward slashes. None if it leaves the folder, by its words or
        by a link.
        """
        normal = self._boundary.normalised(path)
        return None if normal is None else self._rows.setdefault(normal, len(self._rows))

    @property
    def names(self) -> list[str]:
        """(I,) relative to the folder."""
        return list(self._rows)

    @property
    def files(self) -> list[Path]:
        """(I,) the same with the folder in front."""
        return [self._root / name for name in self._rows]
