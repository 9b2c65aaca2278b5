"""The photographs of a source, whichever layout it has."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from align.sources.csv_list import read_list
from align.sources.lay_out import lay_out
from align.sources.other_files import as_text, kinds_of_others
from align.sources.photograph import IMAGE_SUFFIXES, Photograph, without_suffix
from align.sources.reading import AS_FOUND, Reading
from align.sources.recognise import LayoutName
from align.sources.relabel import relabel
from align.sources.selection import EVERYTHING, Selection, select
from align.sources.taking import Taking
from align.sources.walk import Walk, walk
from common.runtime.errors import UserError

_NEEDS = {
    LayoutName.PEOPLE: f"one subfolder per person with {', '.join(sorted(IMAGE_SUFFIXES))} files in it",
    LayoutName.REAL_FAKE: "folders named real and fake, at the top or in others, with photographs in them",
    LayoutName.PAIRS: "subfolders PAIR_ID with the photographs 0.jpg and 1.jpg",
    LayoutName.LABELS: "photographs that a .csv in it, or above it, labels, such as path,synthetic",
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
    reading: Reading = AS_FOUND  # what was said of its labels
    taking: Taking = field(default_factory=Taking, compare=False)  # what was taken for what

    @property
    def people(self) -> int:
        """How many identities there are."""
        return len({photograph.identity for photograph in self.photographs})

    @property
    def synthetic(self) -> int:
        """How many photographs are synthetic."""
        return sum(photograph.synthetic for photograph in self.photographs)

    def account(self) -> dict[str, Any]:
        """What was taken for what, as plain values for JSON."""
        return {
            "photographs": len(self.photographs),
            "people": self.known_people,
            "bona fide": len(self.photographs) - self.synthetic,
            "synthetic": self.synthetic,
            "passed over": self.passed_over,
            **self.taking.as_dict(),
        }

    @property
    def known_people(self) -> int:
        """How many identities are more than the name of a single photograph."""
        own = sum(photograph.identity == without_suffix(photograph.path) for photograph in self.photographs)
        return self.people - own


def find_source(
    path: Path,
    layout: LayoutName | None = None,
    selection: Selection = EVERYTHING,
    reading: Reading = AS_FOUND,
) -> Source:
    """The photographs of a folder, or of a list in a `.csv` file, of the given layout or the recognised one.

    `align/sources/recognise.py` says how a folder is recognised; the selection does not bear on it. Links
    out of the folder and subfolders that cannot be read are among the photographs, each with its problem.

    Raises UserError when there is no such source, it does not have the layout, its labels are malformed or
    do not fit its photographs, its folders are named as labels are and nothing tells whether they are, or
    nothing is left to align.
    """
    if layout is None and reading.synthetic:
        layout = LayoutName.REAL_FAKE
    if reading.synthetic and layout is not LayoutName.REAL_FAKE:
        raise UserError(
            f"--synthetic names folders of the layout real-fake, not of {layout}; leave out either"
        )
    found = _from_folder if path.is_dir() else _from_list
    source = found(path, layout, selection, reading)
    if reading.relabel:
        changed, notes = relabel(source.photographs, reading.relabel, source.root, reading.allow_unlabelled)
        if not changed:
            raise UserError(f"{reading.relabel} leaves out all photographs of {path}; mend it")
        source = replace(source, photographs=changed, taking=source.taking.with_notes(notes))
    photographs = select(source.photographs, selection)
    if not photographs:
        raise UserError(
            f"--include, --exclude and --limit leave none of the {len(source.photographs):,} photographs "
            f"in {path}; widen them"
        )
    return replace(source, photographs=photographs, selection=selection, reading=reading)


def _from_list(path: Path, layout: LayoutName | None, selection: Selection, reading: Reading) -> Source:
    if not path.exists():
        raise UserError(
            f"no such folder: {path}; name a folder with one subfolder of photographs per person, "
            "or make a sample with 'python -m align sample'"
        )
    if layout is None and path.suffix.lower() not in (".csv", ".tsv"):
        raise UserError(f"{path} is neither a folder nor a .csv file; name a folder of photographs or a list")
    if layout not in (None, LayoutName.CSV):
        raise UserError(f"{path} is a file; name a folder, or leave out --layout {layout}")
    listed = read_list(path, selection.follow_links, reading.columns)
    notes = [*listed.notes, *listed.fit.notes(reading.allow_unlabelled)]
    taking = Taking(files=(str(path),), notes=tuple(notes))
    return Source(path, path.parent, LayoutName.CSV, listed.photographs, taking=taking)


def _from_folder(root: Path, told: LayoutName | None, selection: Selection, reading: Reading) -> Source:
    if told is LayoutName.CSV:
        raise UserError(f"{root} is a folder; name the .csv file, or leave out --layout csv")
    found = walk(root, selection.follow_links)
    layout, photographs, taking = lay_out(root, told, found, reading)
    others = kinds_of_others(found.others)
    if not photographs and (found.paths or not found.closed):
        instead = f" (but {as_text(others)})" if others else ""
        raise UserError(f"no photographs in {root}{instead}; it needs {_NEEDS[told or LayoutName.PEOPLE]}")
    passed_over = len(found.paths) - len(photographs)
    return Source(
        root,
        root,
        layout,
        _with_problems(photographs, found),
        passed_over=passed_over,
        taking=replace(taking, others=others),
    )


def _with_problems(photographs: list[Photograph], found: Walk) -> list[Photograph]:
    """What a layout made of a walk, with the problems of the walk, and a row for each closed folder."""
    if found.problems:
        photographs = [
            replace(photograph, problem=found.problems.get(photograph.path)) for photograph in photographs
        ]
    closed = [Photograph(path, path, False, problem) for path, problem in found.closed.items()]
    return sorted([*photographs, *closed], key=lambda photograph: photograph.path) if closed else photographs
