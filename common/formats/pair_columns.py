"""Column names of lists of pairs: which column is a path, the label, a synthetic flag or the id."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.formats.header import SHOWN, Header, plain
from common.formats.labels.flags import read_flag
from common.runtime.errors import UserError

PATHS = ("path1", "path2")
FLAGS = ("synthetic1", "synthetic2")
ROLES = (*PATHS, "label", *FLAGS, "id")
IGNORED = "ignore"  # the role of a column that is passed over
MAX_COLUMNS = 100

_PATH = re.compile(r"[/\\]|\.[A-Za-z0-9]{2,5}\Z")

# suffixes or prefixes that tell a pair's two columns apart: image1, image2
_ENDS = (("1", "2"), ("a", "b"), ("0", "1"), ("left", "right"), ("first", "second"))
_PATH_NAMES = (
    "path img image file filename photo photograph picture face imagepath imgpath filepath photopath "
    "pathimage pathimg imagefile imagename imgname"
)
_FLAG_NAMES = "synthetic deepfake fake forged forgery spoof spoofed manipulated generated morphed aigenerated"
_BARE = (*_ENDS[3:], ("reference", "probe"), ("template", "query"))  # no letters: "a,b,1" is a pair
_LABELS = (
    "label same issame sameperson issameperson sameidentity issameidentity match ismatch matched genuine "
    "isgenuine target targetfeature y groundtruth gt"
)
# what says nothing of what a pair shows
HARMLESS = (
    "id index idx no nr number row unnamed0 fold split set subset isquery isgallery similarity score "
    "distance id1 id2 ida idb identity1 identity2 person1 person2 name1 name2"
)


@dataclass(frozen=True)
class Columns:
    """The columns of a list of pairs by their roles.

    Attributes:
        positions: of those of `ROLES`, in that order; None for one that is not there.
        width: how many cells a row has at the most.
        named: the names that differ from those of `ROLES`, as `name as role`, for people.
    """

    positions: tuple[int | None, ...]
    width: int
    named: tuple[str, ...] = ()


# rows of paths, label and flags below no header; where the first has no label, none has
WITHOUT_NAMES = Columns((0, 1, 2, 3, 4, None), 5)
TWO_PATHS = Columns((0, 1, None, None, None, None), 2)


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first row names columns: by known names, or because nothing in it is a path or a flag."""
    names = set(map(plain, cells))
    if names & set(ROLES[:-1]) or any(set(pair) <= names for pair in _all_pairs_of_paths()):
        return True
    return (
        len(cells) > 1
        and all(cells)
        and not any(read_flag(cell) is not None or _PATH.search(cell) for cell in cells)
    )


def find_columns(line: str, cells: Sequence[str], asked: str | None = None) -> Columns:
    """The columns that a header names: by the names of `ROLES` or those of other lists.

    Args:
        line: the file and the line, for messages.
        cells: of the header.
        asked: `--columns`, which goes before the names that are known: `path1=left photo,label=same`, and
            `ignore=NAME` for a column that is to be passed over.

    Raises UserError when a column is asked for that is not there, there are no two columns of paths, two
    columns have one role, and when a column is not known while one of `FLAGS` is missing: it could be that.
    """
    if len(cells) > MAX_COLUMNS:
        raise UserError(f"{line}: more than {MAX_COLUMNS} columns; this is no pair list")
    header = Header(line, cells)
    found, ignored = _told(header, asked or "")
    left = {at: name for at, name in enumerate(header.names) if at not in (*ignored, *found.values())}
    for role, names in _known_names(set(left.values())):
        at = header.only(role, [at for at, name in left.items() if name in names and role not in found])
        if at is not None:
            found[role] = at
            del left[at]
    if lacking := [role for role in PATHS if role not in found]:
        raise UserError(
            f"{line}: the columns are {header}; looked for {' and '.join(lacking)} by these names and by "
            "such as image1, img1, file1, pathA, path_1; say with --columns "
            f"{','.join(f'{role}=NAME' for role in lacking)} which ones they are"
        )
    unknown = [header.cells[at][:SHOWN] for at, name in left.items() if name not in ("", *HARMLESS.split())]
    if unknown and not set(FLAGS) <= found.keys():
        raise UserError(
            f"{line}: it is not known what '{unknown[0]}' says, and there are no two columns of synthetic "
            f"faces; say with --columns {FLAGS[0]}={unknown[0]} if it is one of these, or with --columns "
            f"{IGNORED}={unknown[0]} that it is to be passed over"
        )
    named = [(header.cells[at], role) for role, at in found.items() if role != "id"]
    return Columns(
        tuple(found.get(role) for role in ROLES),
        len(cells),
        tuple(f"{name} as {role}" for name, role in named if name.lower() != role),
    )


def _told(header: Header, asked: str) -> tuple[dict[str, int], set[int]]:
    """The columns that `--columns` gives a role, and those that it passes over."""
    told: dict[str, int] = {}
    ignored: set[int] = set()
    for entry in filter(str.strip, asked.split(",")):
        role, equals, name = (part.strip() for part in entry.partition("="))
        if not equals or role not in (*ROLES, IGNORED):
            raise UserError(
                f"--columns takes ROLE=NAME with commas between, a role being one of "
                f"{', '.join((*ROLES, IGNORED))}, not '{entry.strip()[:SHOWN]}'"
            )
        places = header.told(role, name)
        if role == IGNORED:
            ignored.update(places)
        else:
            told[role] = places[0]
    return told, ignored


def _pairs_of_names(names: str) -> Iterator[tuple[str, str]]:
    for name in names.split():
        for first, second in _ENDS:
            yield f"{name}{first}", f"{name}{second}"
            yield f"{first}{name}", f"{second}{name}"


def _all_pairs_of_paths() -> Iterator[tuple[str, str]]:
    yield from _pairs_of_names(_PATH_NAMES)
    yield from _BARE


def _known_names(there: set[str]) -> Iterator[tuple[str, set[str]]]:
    """The names of each role; of two photographs those that are both there: `img1` can be the second."""
    for roles, pairs in ((PATHS, _all_pairs_of_paths()), (FLAGS, _flag_pairs())):
        both = next((pair for pair in pairs if set(pair) <= there), roles)
        yield from zip(roles, ({name} for name in both), strict=True)
    yield "label", set(_LABELS.split())
    yield "id", {"pairid" if "pairid" in there else "id"}


def _flag_pairs() -> Iterator[tuple[str, str]]:
    yield from _pairs_of_names(" ".join(f"{name} is{name}" for name in _FLAG_NAMES.split()))
