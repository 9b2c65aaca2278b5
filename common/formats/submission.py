"""Ids of a submission: the whole numbers that photographs are called by."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from common.runtime.errors import ParameterError

MOST_DIGITS = 18  # of an id


def submission_ids(
    paths: Iterable[str], asked: str = "{format} submission", other: str = "{format}"
) -> list[int]:
    """The ids of photographs in a submission: the whole numbers that their files are called by.

    Args:
        paths: with forward slashes.
        asked: what needs ids, for messages.
        other: the option by which another form is chosen.

    Raises UserError, which names the first of them, for other names and for a number that occurs twice.
    """
    names = list(paths)
    stems = [PurePosixPath(name).stem for name in names]
    others = [
        name
        for name, stem in zip(names, stems, strict=True)
        if not (stem.isascii() and stem.isdigit() and len(stem) <= MOST_DIGITS)
    ]
    if others:
        raise ParameterError(
            f"{asked} needs files called by whole numbers, such as 17.jpg; of {{}} photographs {{}} "
            f"have other names, the first is {{}}; rename them, or choose another {other}",
            f"{len(names):,}",
            f"{len(others):,}",
            others[0],
        )
    first_of: dict[int, str] = {}
    for name, stem in zip(names, stems, strict=True):
        if int(stem) in first_of:
            raise ParameterError(
                f"{asked} needs an id for each photograph; {{}} and {{}} have the same, leave one out",
                first_of[int(stem)],
                name,
            )
        first_of[int(stem)] = name
    return list(map(int, stems))
