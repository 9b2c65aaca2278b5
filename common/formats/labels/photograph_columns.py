"""Column names of lists of photographs: which column is the path, the person or the synthetic flag."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.formats.header import Header, plain
from common.formats.labels.flags import read_flag, read_synthetic
from common.formats.labels.forms import without_image_suffix
from common.formats.labels.kinds import Kind, Positive, kind_of
from common.runtime.errors import UserError

ROLES = ("path", "identity", "synthetic", "bona-fide", "drop", "group", "species", "pseudo")
# in their usual spelling, for messages
_PATHS = """path filepath image_path img_path rel_path relative_path filename file image img image_name
    img_name image_file photo photograph picture image_id img_id id"""
_IDENTITIES = "identity person person_id identity_id subject subject_id celebrity individual"
_SYNTHETIC = "synthetic target_feature"  # and every word of `kinds`, with `is` before it or without
_GROUPS = "group group_id video video_id video_name source_video clip clip_id"
_SPECIES = "species method forgery_method forgery_type manipulation_method attack_type generator"
_PSEUDO = "is_pseudo pseudo pseudo_label"  # whether the flag is the guess of models
_UNDECIDED = "labelstr label labelname class classname target category type gt y"
_OTHERS = """split isquery isgallery fold set sequence x1 x2 y1 y2 x y w h width height age gender sex race
    index idx row score comment note usage public originalpath md5 sha1 sha256 line source reason"""
# names as `plain` has them; of several, the first in these lists is taken
PATHS, IDENTITIES, SYNTHETIC, GROUPS, SPECIES, PSEUDO = (
    list(map(plain, names.split())) for names in (_PATHS, _IDENTITIES, _SYNTHETIC, _GROUPS, _SPECIES, _PSEUDO)
)
UNDECIDED = _UNDECIDED.split()  # their cells tell what they are
OTHERS = frozenset(_OTHERS.split())  # neither whom a photograph shows nor what it is
_OF_OPEN_METRIC_LEARNING = {"split", "isquery", "isgallery"}  # where `label` is the identity
NO_FLAGS = "no column says what is synthetic: all are taken for bona fide"
GUESSED = (
    "{} holds 0 and 1, and lists differ in what that means: 1 is taken for synthetic; --positive real tells "
    "otherwise, or --columns identity=NAME where it is the person"
)
# what flags look like in forms that are not read: T and F, -1 and 1, 1 and 2, booleans in quotes
_LIKE_FLAGS = re.compile(r"[\"']*(?:[tfyn]|true|false|yes|no|[-+]?\d(?:\.0*)?)[\"']*", re.IGNORECASE)
_PROBABILITY = re.compile(r"[01]?\.\d+(?:e-\d+)?", re.IGNORECASE)
_BLANK = frozenset({"nan", "none", "null", "na", "n/a"})
_LOOKED_AT = 1000  # rows that tell whether a first one is a header
_SHOWN = 200  # characters of the names in a message


@dataclass(frozen=True)
class PhotographColumns:
    """The columns of a list of photographs by their roles; None for what it does not say."""

    path: int
    identity: int | None
    synthetic: int | None
    width: int
    inverted: bool = False  # the column of flags says 1 for a bona fide face
    drop: int | None = None
    group: int | None = None  # the source video or the like
    species: int | None = None  # the kind of forgery
    pseudo: int | None = None  # whether the flag is the guess of models
    guessed: bool = False  # nothing tells what 1 means in the column of flags
    notes: list[str] = field(default_factory=list, compare=False)  # what was taken for what, for people


_Found = dict[str, int | None]  # role: column
WITHOUT_NAMES = PhotographColumns(0, 1, 2, 3)  # path[,identity][,synthetic]


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first row names columns: one of its cells is a known name, and none holds a path."""
    names = list(map(plain, cells))
    known = any(name in PATHS or name in IDENTITIES or _says_kind(name) for name in names)
    return "path" in names or (known and not any(map(_looks_like_path, cells)))


def refuse_unknown_header(line: str, rows: Sequence[Sequence[str]]) -> None:
    """Raise UserError where no cell of the first row is a path and most rows below have one in one column."""
    if not rows or any(map(_looks_like_path, rows[0])):
        return
    below = rows[1:_LOOKED_AT]
    for column in range(len(rows[0])):
        if 2 * sum(len(row) > column and _looks_like_path(row[column]) for row in below) > len(below):
            raise _unknown(Header(line, rows[0]), "a column that names the photographs", _PATHS)


def path_column(header: Sequence[str], told: Mapping[str, str] = {}) -> int | None:
    """Which column of a header names the photographs; None where it has no known name."""
    names = list(map(plain, header))
    wanted = [plain(told["path"])] if "path" in told else PATHS
    return next((names.index(name) for name in wanted if name in names), None)


def may_be_labels(header: Sequence[str], told: Mapping[str, str] = {}) -> bool:
    """Whether a header has a column that may say whom photographs show or what they are; not corrections."""
    names = list(map(plain, header))
    says = any(name in IDENTITIES or name in UNDECIDED or _says_kind(name) is not None for name in names)
    return (says or bool(told)) and "drop" not in names


def choose_columns(
    line: str,
    cells: Sequence[str],
    rows: Sequence[Sequence[str]],
    told: Mapping[str, str] = {},
    positive: Positive | None = None,
) -> PhotographColumns:
    """The columns of a list: by their names, by those told (role: name), `label` and the like by their cells.

    Args:
        line: of the header, for messages.
        cells: of the header, the names of the columns.
        rows: below it.
        told: of the `ROLES`, the names of columns.
        positive: what 1 means in the column of flags; None: what the name of the column says, and synthetic
            where it says nothing, as `label`.

    Raises UserError, with the names that are there and those looked for, where that cannot be known.
    """
    header = Header(line, cells)
    found: _Found = {role: header.only(role, header.told(role, name)) for role, name in told.items()}
    for role, wanted in (
        *(("path", PATHS), ("identity", IDENTITIES)),
        *(("drop", ["drop"]), ("pseudo", PSEUDO)),
    ):
        _find(header, found, role, wanted)
        if found["path"] is None:
            raise _unknown(header, "a column that names the photographs", _PATHS)
    notes: list[str] = []
    if not {"synthetic", "bona-fide"} & set(found):
        _find_flags(header, rows, found)
    guessed = _decide(header, rows, found, notes, positive)
    for role, wanted in (("group", GROUPS), ("species", SPECIES)):
        _find(header, found, role, wanted)
    flags = found.get("synthetic") if found.get("synthetic") is not None else found.get("bona-fide")
    used = [(role, index) for role, index in found.items() if index is not None]
    notes.insert(0, "columns: " + ", ".join(f"{role}={header.cells[index]!r}" for role, index in used))
    if flags is None and found["drop"] is None:
        notes.append(NO_FLAGS)
    inverted = flags is not None and found.get("synthetic") is None
    if flags is not None and positive is not None:
        inverted = positive is Positive.REAL
        notes.append(_told_meaning(header, rows, flags, inverted))
    return PhotographColumns(
        found["path"] or 0,
        found["identity"],
        flags,
        len(cells),
        inverted,
        found["drop"],
        found["group"],
        found["species"],
        found["pseudo"],
        guessed,
        notes,
    )


def _told_meaning(header: Header, rows: Sequence[Sequence[str]], flags: int, inverted: bool) -> str:
    """What `--positive` does to a column of flags, for people."""
    if all(read_flag(row[flags]) is None for row in rows if flags < len(row)):
        return f"{header.cells[flags]!r} holds no 0 and 1: --positive says nothing of it"
    kind = Kind.BONA_FIDE if inverted else Kind.SYNTHETIC
    against = _says_kind(header.names[flags]) not in (None, kind)
    return f"1 in {header.cells[flags]!r} is {kind}, as told" + (", against its name" if against else "")


def _find(header: Header, found: _Found, role: str, wanted: Sequence[str]) -> None:
    """Give a role that has no column yet the one of the first name that is wanted and there."""
    if role not in found:
        free = _free(header, found)
        name = next((name for name in wanted if name in free.values()), None)
        found[role] = header.only(role, [at for at in free if free[at] == name])


def _free(header: Header, found: _Found) -> dict[int, str]:
    """The columns that have no role yet, and their names."""
    return {at: name for at, name in enumerate(header.names) if at not in found.values()}


def _find_flags(header: Header, rows: Sequence[Sequence[str]], found: _Found) -> None:
    free = _free(header, found)
    for role, kind in (("synthetic", Kind.SYNTHETIC), ("bona-fide", Kind.BONA_FIDE)):
        columns = [at for at, name in free.items() if _says_kind(name) is kind]
        flags = header.only(role, [at for at in columns if free[at] == "synthetic"] or columns)
        if flags is None:
            continue
        if "synthetic" in found:
            _refuse_contradicting_flags(header, rows, found["synthetic"] or 0, flags)
        else:
            found[role] = flags


def _refuse_contradicting_flags(
    header: Header, rows: Sequence[Sequence[str]], synthetic: int, bona_fide: int
) -> None:
    for row in rows:
        if max(synthetic, bona_fide) < len(row):
            said = read_flag(row[synthetic])
            if said is not None and said == read_flag(row[bona_fide]):
                name = header.cells[synthetic]
                raise UserError(
                    f"{header.line}: of {', '.join(row)[:_SHOWN]} below it, {name} and "
                    f"{header.cells[bona_fide]} cannot both hold; mend it, or say --columns synthetic={name}"
                )


def _decide(
    header: Header,
    rows: Sequence[Sequence[str]],
    found: _Found,
    notes: list[str],
    positive: Positive | None,
) -> bool:
    """Give `label` and the like a role by their cells: words of real and fake are flags, others people.

    So are bare 0 and 1 where nothing else tells. Returns whether what 1 means is then a guess.
    """
    free = _free(header, found)
    undecided = [at for wanted in UNDECIDED for at, name in free.items() if name == wanted]
    has_flags = found.get("synthetic") is not None or found.get("bona-fide") is not None
    ml = set(header.names) >= _OF_OPEN_METRIC_LEARNING
    bare: int | None = None
    for index in undecided:
        cells = {row[index].strip() for row in rows if index < len(row)} - {""}
        name = header.cells[index]
        words = sorted(cell for cell in cells if kind_of(cell) is not None)
        if words:
            if len(words) < len(cells):
                other = min(cells - set(words))
                raise UserError(
                    f"{header.line}: '{name}' says {words[0]!r} of some and {other!r} of others; say "
                    f"--columns identity='{name}' if these are people, or name another column of flags"
                )
            if not has_flags:
                found["synthetic"], has_flags = index, True
                notes.append(f"{name!r} says it in words ({', '.join(words[:2])})")
        elif ml or any(read_synthetic(cell) is None for cell in cells):
            if not ml and not has_flags:
                _refuse_misprinted_flags(header, rows, index)
            if found.get("identity") is None:
                found["identity"] = index
        elif cells and bare is None:
            bare = index
    guessed = bare is not None and not has_flags
    if guessed:
        found["synthetic"], has_flags = bare, True
        if positive is None:
            notes.append(GUESSED.format(repr(header.cells[bare or 0])))
    strange = set(_free(header, found).values()) - {*OTHERS, *PATHS, *UNDECIDED, ""}
    if strange and not has_flags and found.get("drop") is None and not ml:
        raise _unknown(header, "a column that says what is synthetic", f"{_SYNTHETIC} fake is_fake")
    return guessed and positive is None


def _refuse_misprinted_flags(header: Header, rows: Sequence[Sequence[str]], index: int) -> None:
    """Raise UserError where cells that are not all 0 and 1 are no people either.

    Most are 0 and 1, or they are flags in a form that is not read, or probabilities: as people these would be
    two, or each its own, and every face bona fide.
    """
    name, cells = header.cells[index], [row[index].strip() for row in rows if index < len(row)]
    cells = [cell for cell in cells if cell]
    others = [cell for cell in cells if read_flag(cell) is None]
    both = len({read_flag(cell) for cell in cells} - {None}) == 2
    values = {cell.lower() for cell in cells} - _BLANK
    like_flags = len(values) <= 2 and all(map(_LIKE_FLAGS.fullmatch, values))
    if both and 2 * len(others) < len(cells):
        problem = (
            f"is 0 or 1 in {len(cells) - len(others):,} rows and something else in {len(others):,}, such as "
            f"{others[0][:_SHOWN]!r}"
        )
    elif like_flags or all(map(_PROBABILITY.fullmatch, values)):
        some = " and ".join(repr(cell[:_SHOWN]) for cell in list(dict.fromkeys(cells))[:2])
        problem = f"holds {some}, not 0 and 1"
    else:
        return
    raise UserError(
        f"{header.line}: '{name}' {problem}; write 0 or 1 there, or say --columns identity='{name}' if these "
        "are people"
    )


def _looks_like_path(cell: str) -> bool:
    return "/" in cell or "\\" in cell or without_image_suffix(cell.strip()) != cell.strip()


def _says_kind(name: str) -> Kind | None:
    if name in SYNTHETIC:
        return Kind.SYNTHETIC
    if name.startswith(("original", "client")):  # a path, and a person
        return None
    return kind_of(name.removeprefix("is"))


def _unknown(header: Header, what: str, wanted: str) -> UserError:
    return UserError(
        f"{header.line}: no name is known for {what}; the columns are {header}, looked for were "
        f"{', '.join(wanted.split())}; tell which with --columns path=NAME,identity=NAME,synthetic=NAME"
    )
