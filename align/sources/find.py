"""The photographs of a source, whichever layout it has."""

from dataclasses import dataclass, replace
from pathlib import Path

from align.sources.csv_list import read_list
from align.sources.flat import flat
from align.sources.pairs import pairs, read_pair_labels
from align.sources.people import META_FILE, people, read_meta
from align.sources.photograph import IMAGE_SUFFIXES, Photograph
from align.sources.real_fake import real_fake
from align.sources.recognise import LayoutName, recognise
from align.sources.selection import EVERYTHING, Selection, select
from align.sources.walk import Walk, walk
from common.errors import UserError

_NEEDS = {
    LayoutName.PEOPLE: f"one subfolder per person with {', '.join(sorted(IMAGE_SUFFIXES))} files in it",
    LayoutName.REAL_FAKE: "folders named real and fake, at the top or in others, with photographs in them",
    LayoutName.PAIRS: "subfolders PAIR_ID with the photographs 0.jpg and 1.jpg",
    LayoutName.FLAT: "photographs directly in it",
}


@dataclass(frozen=True)
class Source:
    """What a run of stage 1 is made from."""

    origin: Path  # the folder or the list that was named
    root: Path  # of the photographs' paths
    layout: LayoutName
    photographs: list[Photograph]  # sorted by path
    selection: Selection = EVERYTHING  # what was asked for of them
    passed_over: int = 0  # photographs where the layout does not look

    @property
    def people(self) -> int:
        """How many identities there are."""
        return len({photograph.identity for photograph in self.photographs})

    @property
    def synthetic(self) -> int:
        """How many photographs are synthetic."""
        return sum(photograph.synthetic for photograph in self.photographs)


def find_source(path: Path, layout: LayoutName | None = None, selection: Selection = EVERYTHING) -> Source:
    """The photographs of a folder, or of a list in a `.csv` file, of the given layout or the recognised one.

    `align/sources/recognise.py` says how a folder is recognised; the selection does not bear on it. Links
    out of the folder and subfolders that cannot be read are among the photographs, each with its problem.

    Raises UserError when there is no such source, it does not have the layout, its `meta.json`, `labels.csv`
    or list is malformed, or nothing is left to align.
    """
    source = _from_folder(path, layout, selection) if path.is_dir() else _from_list(path, layout, selection)
    photographs = select(source.photographs, selection)
    if not photographs:
        raise UserError(
            f"--include, --exclude and --limit leave none of the {len(source.photographs):,} photographs "
            f"in {path}; widen them"
        )
    return replace(source, photographs=photographs, selection=selection)


def _from_list(path: Path, layout: LayoutName | None, selection: Selection) -> Source:
    if not path.exists():
        raise UserError(
            f"no such folder: {path}; name a folder with one subfolder of photographs per person, "
            "or make a sample with 'python -m align sample'"
        )
    if layout is None and path.suffix.lower() != ".csv":
        raise UserError(f"{path} is neither a folder nor a .csv file; name a folder of photographs or a list")
    if layout not in (None, LayoutName.CSV):
        raise UserError(f"{path} is a file; name a folder, or leave out --layout {layout}")
    return Source(path, path.parent, LayoutName.CSV, read_list(path, selection.follow_links))


def _from_folder(root: Path, told: LayoutName | None, selection: Selection) -> Source:
    if told is LayoutName.CSV:
        raise UserError(f"{root} is a folder; name the .csv file, or leave out --layout csv")
    found = walk(root, selection.follow_links)
    paths = found.paths or [f"{folder}/" for folder in sorted(found.closed)]
    layout = told or recognise(paths, (root / META_FILE).exists())
    photographs = _lay_out(root, layout, found.paths)
    if not photographs and (found.paths or not found.closed):
        raise UserError(f"no photographs in {root}; it needs {_NEEDS[told or LayoutName.PEOPLE]}")
    passed_over = len(found.paths) - len(photographs)
    return Source(root, root, layout, _with_problems(photographs, found), selection, passed_over)


def _lay_out(root: Path, layout: LayoutName, paths: list[str]) -> list[Photograph]:
    match layout:
        case LayoutName.PEOPLE:
            return people(paths, _meta_that_fits(root, paths))
        case LayoutName.REAL_FAKE:
            return real_fake(paths)
        case LayoutName.PAIRS:
            return pairs(paths, read_pair_labels(root))
        case _:
            return flat(paths)


def _meta_that_fits(root: Path, paths: list[str]) -> dict[str, bool]:
    """What `meta.json` says; of other paths, it would leave each synthetic photograph a bona fide one."""
    meta = read_meta(root)
    if meta and not meta.keys() & set(paths):
        raise UserError(
            f'{root / META_FILE}: no key is the path of a photograph, not even "{next(iter(meta))}"; keys '
            f'are relative to that folder, such as "{paths[0] if paths else "person/image.jpg"}"'
        )
    return meta


def _with_problems(photographs: list[Photograph], found: Walk) -> list[Photograph]:
    """What a layout made of a walk, with the problems of the walk, and a row for each closed folder."""
    if found.problems:
        photographs = [
            replace(photograph, problem=found.problems.get(photograph.path)) for photograph in photographs
        ]
    closed = [Photograph(path, path, False, problem) for path, problem in found.closed.items()]
    return sorted([*photographs, *closed], key=lambda photograph: photograph.path) if closed else photographs
