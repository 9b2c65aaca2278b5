"""Reader of the pair lists of Labeled Faces in the Wild: `pairs.txt`, `pairsDevTrain.txt` and the like.

Their form is described in G. B. Huang et al., "Labeled Faces in the Wild", 2007, and used by other sets too.
"""

import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.sources.boundary import Boundary
from align.sources.photograph import IMAGE_SUFFIXES
from common.formats.csv_rows import bounded_lines
from common.formats.pair_list import MAX_LINE, MAX_PAIRS, SHOWN, pair_categories
from common.runtime.errors import UserError
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.request import AS_IT_IS, PairRequest

FOLDERS = ("", "lfw", "lfw_funneled", "lfw-deepfunneled", "images")  # beside the list, the first that fits

_NUMBER = re.compile("[0-9]{1,8}")
_NOT_A_NAME = re.compile(r".*[/\\\0].*|\.\.?", re.DOTALL)


@dataclass(frozen=True)
class _Listed:
    """P pairs as they are listed."""

    people: list[str]
    persons: NDArray[np.int64]  # (P, 2) rows of `people`
    numbers: NDArray[np.int64]  # (P, 2) of the photograph among those of its person
    same_person: NDArray[np.bool_]  # (P,)
    lines: NDArray[np.int64]  # (P,)


def read_lfw_list(source: Path, images: Path | None = None, asked: PairRequest = AS_IT_IS) -> PairSet:
    """The pairs of a list in LFW's form; ids are the numbers of its lines.

    The first line is `FOLDS N`, or `N` for one fold; of each fold N lines `NAME N1 N2` of one person and N
    lines `NAME_A N1 NAME_B N2` of two follow, with tabs or spaces between. The photographs are
    `NAME/NAME_0001.jpg`, with any image suffix, in `images`, by default in the folder of the list or one of
    `FOLDERS` in it. A photograph that is missing is reported when it is read.

    Raises OSError when the list cannot be read; UserError, naming the line, when it is not such a list, is
    not as long as it says, or names what leaves the folder, and when nobody whom it names has a folder.
    """
    listed = _read(source)
    root = _find_folder(source, images, listed.people)
    boundary = Boundary(root, asked.follow_links)
    rows: dict[str, int] = {}
    members = np.empty_like(listed.persons)
    order = np.lexsort((listed.numbers.ravel(), listed.persons.ravel()))  # each folder is listed once
    files: dict[str, str] = {}
    last = -1
    for place in order.tolist():
        person, number = int(listed.persons.flat[place]), int(listed.numbers.flat[place])
        name = listed.people[person]
        if person != last:
            files, last = _files_of(root / name), person
        stem = f"{name}_{number:04d}"
        path = boundary.normalised(f"{name}/{files.get(stem, f'{stem}.jpg')}")
        if path is None:
            raise UserError(
                f"{source}, line {listed.lines[place // 2]}: '{stem[:SHOWN]}' leaves the folder of the "
                f"photographs, {root}; put a copy there, or name another folder with --images"
            )
        members.flat[place] = rows.setdefault(path, len(rows))
    return PairSet(
        name=source.stem,
        source=str(source),
        images=[root / path for path in rows],
        image_names=list(rows),
        ids=list(map(str, listed.lines.tolist())),
        members=members,
        categories=pair_categories(listed.same_person, np.zeros(members.shape, np.bool_)),
    )


def _read(source: Path) -> _Listed:
    lines = _lines(source)
    announced = _announced(source, *next(lines, (1, [])))
    people: dict[str, int] = {}
    persons, numbers, same, at = array("q"), array("q"), array("b"), array("q")
    for number, cells in lines:
        if len(at) == announced:
            raise _wrong_length(source, announced, "more")
        both = _photographs(f"{source}, line {number}", cells)
        for name, count in both:
            persons.append(people.setdefault(name, len(people)))
            numbers.append(count)
        same.append(len(cells) == 3)
        at.append(number)
    if len(at) < announced:
        raise _wrong_length(source, announced, str(len(at)))
    return _Listed(
        list(people),
        np.array(persons, np.int64).reshape(-1, 2),
        np.array(numbers, np.int64).reshape(-1, 2),
        np.array(same, np.bool_),
        np.array(at, np.int64),
    )


def _announced(source: Path, line: int, header: list[str]) -> int:
    """How many pairs the first line announces."""
    if not 1 <= len(header) <= 2 or not all(map(_NUMBER.fullmatch, header)):
        raise UserError(
            f"{source}, line {line}: LFW's lists begin with the folds and the pairs of a fold, as '10 300', "
            "or with the pairs alone; write that line, or give a list with commas the suffix .csv"
        )
    announced = 2 * int(header[-1]) * (int(header[0]) if len(header) == 2 else 1)
    if not 0 < announced <= MAX_PAIRS:
        raise UserError(
            f"{source}, line {line}: announces {announced} pairs where 1 to {MAX_PAIRS} can be; "
            "mend that line"
        )
    return announced


def _wrong_length(source: Path, announced: int, found: str) -> UserError:
    return UserError(
        f"{source}: its first line announces {announced} pairs (half of one person, half of two) and {found} "
        "follow; mend that line, or get the whole file"
    )


def _photographs(line: str, cells: list[str]) -> tuple[tuple[str, int], tuple[str, int]]:
    """Name and number of the photographs of a pair."""
    if len(cells) not in (3, 4):
        raise UserError(
            f"{line}: a pair is NAME N1 N2 or NAME_A N1 NAME_B N2 with tabs or spaces between; mend it"
        )
    first, second = (cells[0], cells[1]), (cells[0] if len(cells) == 3 else cells[2], cells[-1])
    for name, number in (first, second):
        if not _NUMBER.fullmatch(number):
            raise UserError(f"{line}: '{number[:SHOWN]}' is not the number of a photograph; mend it")
        if not name or _NOT_A_NAME.fullmatch(name):
            raise UserError(f"{line}: {name[:SHOWN]!r} is not the name of a person's folder; mend it")
    if len(cells) == 4 and first[0] == second[0]:
        raise UserError(f"{line}: one person in the form for two; write NAME N1 N2")
    return (first[0], int(first[1])), (second[0], int(second[1]))


def _lines(source: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of lines that are not empty, with their numbers; tabs alone separate where there are any."""
    try:
        with source.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(bounded_lines(source, file, MAX_LINE), 1):
                cells = line.strip().split("\t" if "\t" in line.strip() else None)
                if cells and any(cells):
                    yield number, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise UserError(f"{source} is not UTF-8; save it as text in UTF-8") from error


def _find_folder(source: Path, images: Path | None, people: list[str]) -> Path:
    folders = [source.parent / folder for folder in FOLDERS] if images is None else [images]
    for folder in folders:
        if any(_files_of(folder / name) for name in people):
            return folder
    raise UserError(
        f"{source} names photographs as NAME/NAME_0001.jpg, and nobody of it has any in "
        f"{' or '.join(map(str, folders))}; name the folder of the photographs with --images"
    )


def _files_of(folder: Path) -> dict[str, str]:
    """The photographs of a person by stem; of several with one stem the first."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:  # each of the photographs is reported when it is read
        return {}
    found: dict[str, str] = {}
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        if dot + suffix.lower() in IMAGE_SUFFIXES:
            found.setdefault(stem, name)
    return found
