"""Pairs of photographs to measure stage 3 with."""

from itertools import cycle, islice
from pathlib import Path

from common.runtime.errors import UserError


def jpegs(folder: Path) -> list[Path]:
    """The photographs of a folder, sorted. Raises UserError when there are not two."""
    found = sorted(folder.rglob("*.jpg"))
    if len(found) < 2:
        raise UserError(f"{folder} holds no two files *.jpg; name another folder with --photographs")
    return found


def pair_folder(base: Path, out: Path, pairs: int) -> Path:
    """Folders of two photographs, `PAIR_ID/0.jpg` and `1.jpg`; every file is in one pair only.

    They are hard links to the photographs of `base` in turn, which are read as files of their own.
    """
    paths = cycle(jpegs(base))
    for index in range(pairs):
        folder = out / f"{index:06d}"
        folder.mkdir(parents=True)
        for name, path in zip(("0.jpg", "1.jpg"), islice(paths, 2), strict=True):
            try:
                (folder / name).hardlink_to(path)
            except OSError:  # another file system
                (folder / name).write_bytes(path.read_bytes())
    return out
