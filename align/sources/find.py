"""The photographs of a source, and its clips, whichever layout it has."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from align.sources.folder import Folder
from align.sources.layouts import LAYOUTS, LayoutName, recognise
from align.sources.other_files import as_text, kinds_of_others
from align.sources.photograph import Photograph, without_suffix
from align.sources.reading import AS_FOUND, Reading
from align.sources.relabel import relabel
from align.sources.second_opinions import check_second_opinions, compare_with_folders
from align.sources.selection import EVERYTHING, Selection, select
from align.sources.taking import Taking
from align.sources.walk import Walk
from common.runtime.errors import UserError
from common.runtime.wording import counted


@dataclass(frozen=True)
class Source:
    """What a run of stage 1 is made from."""

    origin: Path  # the folder or the list that was named
    root: Path  # of the photographs' paths
    layout: LayoutName
    photographs: list[Photograph]  # and clips, sorted by path
    selection: Selection = EVERYTHING  # what was asked for of them
    passed_over: int = 0  # photographs where the layout does not look
    reading: Reading = AS_FOUND  # what was said of its labels
    taking: Taking = field(default_factory=Taking, compare=False)  # what was taken for what

    @property
    def people(self) -> int:
        """How many identities there are."""
        return len({photograph.identity for photograph in self.photographs})

    @property
    def known_people(self) -> int:
        """How many identities are more than the name of a single photograph."""
        own = sum(photograph.identity == without_suffix(photograph.path) for photograph in self.photographs)
        return self.people - own

    @property
    def clips(self) -> int:
        """How many of them are videos."""
        return sum(photograph.is_clip for photograph in self.photographs)

    @property
    def synthetic(self) -> int:
        """How many photographs are synthetic."""
        return sum(photograph.synthetic for photograph in self.photographs)

    def account(self) -> dict[str, Any]:
        """What was taken for what, as plain values for JSON."""
        clips = {"clips": self.clips} if self.clips else {}
        return {
            "photographs": len(self.photographs) - self.clips,
            **clips,
            "people": self.known_people,
            "bona fide": len(self.photographs) - self.synthetic,
            "synthetic": self.synthetic,
            "passed over": self.passed_over,
            **self.taking.as_dict(),
        }


def find_source(
    path: Path,
    layout: LayoutName | None = None,
    selection: Selection = EVERYTHING,
    reading: Reading = AS_FOUND,
    clips: bool = False,
) -> Source:
    """The photographs of a folder, or of a list in a `.csv` file, of the given layout or the recognised one.

    With `clips`, videos are taken beside photographs, in all layouts; else they are files like any other.

    `align.sources.layouts.recognise` says how a folder is recognised; the selection does not bear on it.
    Links out of the folder and subfolders that cannot be read are among the photographs, each with its
    problem.

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
    _refuse_what_is_no_source(path, layout)
    folder = Folder(path, reading, selection.follow_links, clips)
    found = layout or recognise(folder)
    photographs = LAYOUTS[found].photographs(folder)
    passed_over = 0
    if found is not LayoutName.CSV:
        check_second_opinions(folder, found, layout is not None, photographs)
        _require_photographs(folder, photographs, layout or LayoutName.PEOPLE)
        passed_over = len(folder.paths) - len(photographs)
        photographs = _with_problems(photographs, folder.found)
    else:
        compare_with_folders(folder, photographs, strict=False)
    if reading.relabel:
        photographs, notes = relabel(photographs, reading.relabel, folder.root, reading.allow_unlabelled)
        if not photographs:
            raise UserError(f"{reading.relabel} leaves out all photographs of {path}; mend it")
        folder.taking.notes += notes
    selected = select(photographs, selection)
    if not selected:
        raise UserError(
            f"--include, --exclude and --limit leave none of the {counted(len(photographs), 'photograph')} "
            f"in {path}; widen them"
        )
    return Source(path, folder.root, found, selected, selection, passed_over, reading, folder.taking)


def _refuse_what_is_no_source(path: Path, layout: LayoutName | None) -> None:
    if path.is_dir():
        if layout is LayoutName.CSV:
            raise UserError(f"{path} is a folder; name the .csv file, or leave out --layout csv")
        return
    if not path.exists():
        raise UserError(
            f"no such folder: {path}; name a folder with one subfolder of photographs per person, "
            "or make a sample with 'python -m align sample'"
        )
    if layout is None and path.suffix.lower() not in (".csv", ".tsv"):
        raise UserError(f"{path} is neither a folder nor a .csv file; name a folder of photographs or a list")
    if layout not in (None, LayoutName.CSV):
        raise UserError(f"{path} is a file; name a folder, or leave out --layout {layout}")


def _require_photographs(folder: Folder, photographs: list[Photograph], needed: LayoutName) -> None:
    """Note the files that are no photographs. Raises UserError where there is nothing else."""
    others = folder.taking.others = kinds_of_others(folder.found.others)
    if not photographs and (folder.paths or not folder.found.closed):
        instead = f" (but {as_text(others)})" if others else ""
        raise UserError(f"no photographs in {folder.root}{instead}; it needs {LAYOUTS[needed].needs}")


def _with_problems(photographs: list[Photograph], found: Walk) -> list[Photograph]:
    """What a layout made of a walk, with the problems of the walk, and a row for each closed folder."""
    if found.problems:
        photographs = [
            replace(photograph, problem=found.problems.get(photograph.path)) for photograph in photographs
        ]
    closed = [Photograph(path, path, False, problem, flagged=False) for path, problem in found.closed.items()]
    return sorted([*photographs, *closed], key=lambda photograph: photograph.path) if closed else photographs
