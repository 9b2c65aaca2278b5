"""What the columns of a list of pairs are called, here and in the lists of others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.formats.labels.flags import read_flag
from common.runtime.errors import UserError

PATHS = ("path1", "path2")
FLAGS = ("synthetic1", "synthetic2")
ROLES = (*PATHS, "label", *FLAGS, "id")
IGNORED = "ignore"  # the role of a column that is passed over
MAX_COLUMNS = 100
SHOWN = 40  # characters of a name in a message

_PATH = re.compile(r"[/\\]|\.[A-Za-z0-9]{2,5}\Z")

# what the photographs of a pair are told apart by, behind a name or before it
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
    """Where the cells of a row are.

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
    names = {_plain(cell) for cell in cells}
    if names & set(ROLES[:-1]) or any(set(pair) <= names for pair in _all_pairs_of_paths()):
        return True
    return (
        len(cells) > 1
        and all(cells)
        and not any(read_flag(cell) is not None or _PATH.search(cell) for cell in cells)
    )


def find_columns(line: str, cells: Sequence[str], asked: str | None = None) -> Columns:
    """The columns that a header names, by the names of `ROLES` or by those that other lists have.

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
    there = [cell.strip() for cell in cells]
    told, ignored = _asked_for(line, there, asked)
    left = {position: _plain(name) for position, name in enumerate(there) if position not in ignored}
    found = dict(told)
    for role, names in _known_names({name for at, name in left.items() if at not in told.values()}):
        places = [at for at, name in left.items() if name in names and at not in found.values()]
        if role in found or not places:
            continue
        if len(places) > 1:
            raise UserError(_called_alike(line, there, role, places))
        found[role] = places[0]
    if lacking := [role for role in PATHS if role not in found]:
        raise UserError(_not_found(line, there, lacking))
    harmless = {"", *HARMLESS.split()}
    unknown = [there[at] for at, name in left.items() if at not in found.values() and name not in harmless]
    if unknown and not set(FLAGS) <= found.keys():
        raise UserError(
            f"{line}: it is not known what '{unknown[0][:SHOWN]}' says, and there are no two columns of "
            f"synthetic faces; say with --columns {FLAGS[0]}={unknown[0][:SHOWN]} if it is one of these, or "
            f"with --columns {IGNORED}={unknown[0][:SHOWN]} that it is to be passed over"
        )
    named = tuple(
        f"{there[at]} as {role}" for role, at in found.items() if there[at].lower() != role and role != "id"
    )
    return Columns(tuple(found.get(role) for role in ROLES), len(there), named)


def _plain(name: str) -> str:
    """A name in small letters, without spaces, hyphens and the like."""
    return re.sub(r"[\W_]+", "", name.lower())


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


def _asked_for(line: str, there: list[str], asked: str | None) -> tuple[dict[str, int], set[int]]:
    """The positions that `--columns` gives, by role, and those that it passes over."""
    told: dict[str, int] = {}
    ignored: set[int] = set()
    for entry in (asked or "").split(","):
        if not entry.strip():
            continue
        role, equals, name = (part.strip() for part in entry.partition("="))
        if not equals or role not in (*ROLES, IGNORED):
            raise UserError(
                f"--columns takes ROLE=NAME with commas between, a role being one of "
                f"{', '.join((*ROLES, IGNORED))}, not '{entry.strip()[:SHOWN]}'"
            )
        places = [at for at, cell in enumerate(there) if cell == name] or [
            at for at, cell in enumerate(there) if _plain(cell) == _plain(name)
        ]
        if not places:
            raise UserError(f"{line}: no column is called '{name[:SHOWN]}'; there are {_listed(there)}")
        if role == IGNORED:
            ignored.update(places)
        else:
            told[role] = places[0]
    return told, ignored


def _called_alike(line: str, there: list[str], role: str, places: list[int]) -> str:
    first, second = there[places[0]][:SHOWN], there[places[1]][:SHOWN]
    if first == second:
        return f"{line}: two columns are called {first}; rename one"
    return f"{line}: '{first}' and '{second}' both read as {role}; say which with --columns {role}={first}"


def _not_found(line: str, there: list[str], lacking: list[str]) -> str:
    return (
        f"{line}: the columns are {_listed(there)}; looked for {' and '.join(lacking)} by these names and by "
        "such as image1, img1, file1, pathA, path_1; say with --columns "
        f"{','.join(f'{role}=NAME' for role in lacking)} which ones they are"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name[:SHOWN]}'" for name in names[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
