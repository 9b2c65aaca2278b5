"""Which photographs there are, whom they show, and which are synthetic."""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from common.errors import UserError

META_FILE = "meta.json"
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".pgm", ".ppm"})


@dataclass(frozen=True)
class Photograph:
    """One image file of a source folder."""

    path: str  # relative to the folder, with forward slashes
    identity: str
    synthetic: bool


def find_photographs(root: Path) -> list[Photograph]:
    """The photographs of a folder with one subfolder per person, sorted by path.

    An optional `meta.json` in `root` maps `"person/image.jpg"` to 1 for a synthetic face and 0 for a bona
    fide one; images that it does not name are bona fide. Hidden files and folders are passed over.

    Raises UserError when there is no such folder, it holds no image, or its `meta.json` is malformed.
    """
    if not root.is_dir():
        raise UserError(
            f"no such folder: {root}; name a folder with one subfolder of photographs per person, "
            "or make a sample with 'python -m align sample'"
        )
    synthetic = _read_meta(root / META_FILE)
    people = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    paths = [
        path.relative_to(root).as_posix()
        for person in people
        for path in sorted(person.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not paths:
        raise UserError(
            f"no photographs in {root}; it needs one subfolder per person with "
            f"{', '.join(sorted(IMAGE_SUFFIXES))} files in it"
        )
    return [
        Photograph(path, PurePosixPath(path).parts[0], synthetic.get(path, False)) for path in sorted(paths)
    ]


def _read_meta(path: Path) -> dict[str, bool]:
    if not path.exists():
        return {}
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not valid JSON; mend or remove it") from error
    if not isinstance(meta, dict):
        raise UserError(f'{path} must be an object that maps "person/image.jpg" to 0 or 1')
    wrong = [key for key, value in meta.items() if value not in (0, 1)]
    if wrong:
        raise UserError(f'{path}: "{wrong[0]}" must be 0 (bona fide) or 1 (synthetic)')
    return {key: bool(value) for key, value in meta.items()}
