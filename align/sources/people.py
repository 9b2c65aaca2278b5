"""The layout `people`: one folder per person, and optionally a `meta.json` that names what is synthetic."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from align.sources.photograph import Photograph
from align.sources.splits import is_split
from common.errors import UserError

META_FILE = "meta.json"


def people(paths: Sequence[str], synthetic: Mapping[str, bool]) -> list[Photograph]:
    """The photographs of sorted `paths`, named by their top folder; those that lie in none are passed over.

    A folder that holds nothing but the people's folders (`lfw/anna/0.jpg`) is nobody. Where all top folders
    are splits (`train/anna/0.jpg`), the folder below them names the person, and photographs that lie in a
    split itself are passed over; unless all do, when the splits count as people. `synthetic` flags paths;
    those that it does not name are bona fide.
    """
    wrapped = _is_wrapped(paths)
    level = wrapped + _is_parted([path.partition("/")[2] for path in paths] if wrapped else paths)
    photographs = []
    for person, own in groupby(paths, key=lambda path: _person(path, level)):  # one string for all its own
        if person is not None:
            photographs += [Photograph(path, person, synthetic.get(path, False)) for path in own]
    return photographs


def _person(path: str, level: int) -> str | None:
    folders = path.split("/", level + 1)[:-1]
    return folders[level] if len(folders) > level else None


def _is_wrapped(paths: Sequence[str]) -> bool:
    """Whether one folder, which is no split, holds all of the sorted paths, and all of them deeper."""
    if not paths or any(path.count("/") < 2 for path in paths):
        return False
    top = paths[0].partition("/")[0]
    return paths[-1].startswith(f"{top}/") and not is_split(top)


def _is_parted(paths: Sequence[str]) -> bool:
    """Whether all top folders are splits and one of them has folders of its own."""
    deep = False
    for path in paths:
        top, *below = path.split("/", 2)
        if below and not is_split(top):
            return False
        deep = deep or len(below) > 1
    return deep


def read_meta(root: Path) -> dict[str, bool]:
    """Which paths the `meta.json` of a folder flags as synthetic; empty where there is none.

    It maps `"person/image.jpg"` to 1 for a synthetic face and to 0 for a bona fide one. Its keys are never
    opened. Raises UserError when it is malformed.
    """
    path = root / META_FILE
    if not path.exists():
        return {}
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON; mend or remove it") from error
    if not isinstance(meta, dict):
        raise UserError(f'{path} must be an object that maps "person/image.jpg" to 0 or 1')
    wrong = [key for key, value in meta.items() if value not in (0, 1)]
    if wrong:
        raise UserError(f'{path}: "{wrong[0]}" must be 0 (bona fide) or 1 (synthetic)')
    return {key: bool(value) for key, value in meta.items()}
