"""Which column of a list of photographs says what, by the names that lists give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.formats.labels.flags import read_flag, read_synthetic
from common.formats.labels.forms import without_image_suffix
from common.formats.labels.kinds import Kind, kind_of
from common.runtime.errors import UserError

ROLES = ("path", "identity", "synthetic", "bona-fide", "drop")
_PATHS = """path filepath file_path image_path img_path rel_path relative_path filename file_name file image
    img image_name img_name image_file photo photograph picture image_id img_id imageid id"""
_IDENTITIES = "identity person person_id identity_id subject subject_id celebrity individual"
_SYNTHETIC = "synthetic target_feature"  # and every word of `kinds`, with `is_` or without
_UNDECIDED = "label_str label label_name class class_name target category type gt y"
_OTHERS = """split is_query is_gallery fold set sequence x_1 x_2 y_1 y_2 x y w h width height age gender sex
    race index idx row score comment note usage public original_path md5 sha1 sha256 line source reason"""
PATHS, IDENTITIES, SYNTHETIC = _PATHS.split(), _IDENTITIES.split(), _SYNTHETIC.split()  # the first is taken
UNDECIDED = _UNDECIDED.split()  # their cells tell what they are
OTHERS = frozenset(_OTHERS.split())  # neither whom a photograph shows nor what it is
_OF_OPEN_METRIC_LEARNING = {"split", "is_query", "is_gallery"}  # where `label` is the identity
NO_FLAGS = "no column says what is synthetic: all are taken for bona fide"
_LOOKED_AT = 1000  # rows that tell whether a first one is a header
_SHOWN = 200  # characters of the names in a message


@dataclass(frozen=True)
class PhotographColumns:
    """Where the cells of a row are; None for what the list does not say."""

    path: int
    identity: int | None
    synthetic: int | None
    width: int
    inverted: bool = False  # the column of flags says 1 for a bona fide face
    drop: int | None = None
    notes: list[str] = field(default_factory=list, compare=False)  # what was taken for what, for people


_Found = dict[str, int | None]  # role: column
WITHOUT_NAMES = PhotographColumns(0, 1, 2, 3)  # path[,identity][,synthetic]


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first row names columns: one of its cells is a known name, and none holds a path."""
    names = _plain(cells)
    known = any(name in PATHS or name in IDENTITIES or _says_kind(name) for name in names)
    return "path" in names or (known and not any(map(_looks_like_path, cells)))


def refuse_unknown_header(line: str, rows: Sequence[Sequence[str]]) -> None:
    """Raise UserError where no cell of the first row is a path and most rows below have one in one column."""
    if not rows or any(map(_looks_like_path, rows[0])):
        return
    below = rows[1:_LOOKED_AT]
    for column in range(len(rows[0])):
        if 2 * sum(len(row) > column and _looks_like_path(row[column]) for row in below) > len(below):
            raise _unknown(line, rows[0], "a column that names the photographs", PATHS)


def path_column(header: Sequence[str], told: Mapping[str, str] = {}) -> int | None:
    """Which column of a header names the photographs; None where it has no known name."""
    names = _plain(header)
    wanted = _plain([told["path"]]) if "path" in told else PATHS
    return next((names.index(name) for name in wanted if name in names), None)


def may_be_labels(header: Sequence[str], told: Mapping[str, str] = {}) -> bool:
    """Whether a header has a column that may say whom photographs show or what they are; not corrections."""
    names = _plain(header)
    says = any(name in IDENTITIES or name in UNDECIDED or _says_kind(name) is not None for name in names)
    return (says or bool(told)) and "drop" not in names


def choose_columns(
    line: str, header: Sequence[str], rows: Sequence[Sequence[str]], told: Mapping[str, str] = {}
) -> PhotographColumns:
    """Which column says what, by its name, by those told (role: name), and for `label` by what is in it.

    Args:
        line: of the header, for messages.
        header: the names of the columns.
        rows: below it.
        told: of the `ROLES`, the names of columns.

    Raises UserError, with the names that are there and those looked for, where that cannot be known.
    """
    names = _plain(header)
    found: _Found = {role: _told(line, header, role, name) for role, name in told.items()}
    free = [index for index in range(len(names)) if index not in found.values()]
    if "path" not in found:
        found["path"] = _first_of(line, names, free, PATHS)
    if found["path"] is None:
        raise _unknown(line, header, "a column that names the photographs", PATHS)
    free = [index for index in free if index != found["path"]]
    if "identity" not in found:
        found["identity"] = _first_of(line, names, free, IDENTITIES)
    if "drop" not in found:
        found["drop"] = _first_of(line, names, free, ["drop"])
    notes: list[str] = []
    if not {"synthetic", "bona-fide"} & set(found):
        _find_flags(line, names, rows, free, found)
    _decide(line, header, rows, found, notes)
    flags = found.get("synthetic") if found.get("synthetic") is not None else found.get("bona-fide")
    used = [(role, index) for role, index in found.items() if index is not None]
    notes.insert(0, ", ".join(f"{header[index].strip()!r} is the {role}" for role, index in used))
    if flags is None and found["drop"] is None:
        notes.append(NO_FLAGS)
    inverted = flags is not None and found.get("synthetic") is None
    return PhotographColumns(
        found["path"] or 0, found["identity"], flags, len(header), inverted, found["drop"], notes
    )


def _find_flags(
    line: str, names: list[str], rows: Sequence[Sequence[str]], free: list[int], found: _Found
) -> None:
    kinds = {index: kind for index in free if (kind := _says_kind(names[index])) is not None}
    for role, kind in (("synthetic", Kind.SYNTHETIC), ("bona-fide", Kind.BONA_FIDE)):
        columns = [index for index in kinds if kinds[index] is kind]
        exact = [index for index in columns if names[index] == "synthetic"]
        if len(exact) > 1 or (len(columns) > 1 and not exact):
            called = names[columns[0]] if len(exact) > 1 else " and ".join(names[index] for index in columns)
            raise UserError(
                f"{line}: two columns are called {called}; rename one, or say --columns {role}=NAME"
            )
        if columns and "synthetic" not in found:
            found[role] = (exact or columns)[0]
        elif columns:
            _refuse_contradicting_flags(line, names, rows, found["synthetic"] or 0, columns)


def _refuse_contradicting_flags(
    line: str, names: list[str], rows: Sequence[Sequence[str]], synthetic: int, bona_fide: Sequence[int]
) -> None:
    for row in rows:
        for column in bona_fide:
            if max(synthetic, column) < len(row):
                said, other = read_flag(row[synthetic]), read_flag(row[column])
                if said is not None and said == other:
                    raise UserError(
                        f"{line}: of {', '.join(row)[:_SHOWN]} below it, {names[synthetic]} and "
                        f"{names[column]} cannot both hold; mend it, or say --columns "
                        f"synthetic={names[synthetic]}"
                    )


def _decide(
    line: str, header: Sequence[str], rows: Sequence[Sequence[str]], found: _Found, notes: list[str]
) -> None:
    """Find out what `label` and its like say: words of real and fake are flags, other texts are people."""
    names = _plain(header)
    undecided = [
        index
        for name in UNDECIDED
        for index in range(len(names))
        if names[index] == name and index not in found.values()
    ]
    has_flags = found.get("synthetic") is not None or found.get("bona-fide") is not None
    ml = set(names) >= _OF_OPEN_METRIC_LEARNING
    for index in undecided:
        cells = {row[index].strip() for row in rows if index < len(row)} - {""}
        name = header[index].strip()
        words = sorted(cell for cell in cells if kind_of(cell) is not None)
        if words:
            if len(words) < len(cells):
                other = min(cells - set(words))
                raise UserError(
                    f"{line}: '{name}' says {words[0]!r} of some and {other!r} of others; say --columns "
                    f"identity='{name}' if these are people, or name another column of flags"
                )
            if not has_flags:
                found["synthetic"], has_flags = index, True
                notes.append(f"{name!r} says it in words ({', '.join(words[:2])})")
        elif ml or any(read_synthetic(cell) is None for cell in cells):
            if found.get("identity") is None:
                found["identity"] = index
        elif not has_flags and cells:
            raise UserError(
                f"{line}: '{name}' holds 0 and 1, and lists differ in what that means; say --columns "
                f"synthetic='{name}' where 1 is synthetic, bona-fide='{name}' where 1 is real, or "
                f"identity='{name}' where it is the person"
            )
    strange = [
        name
        for index, name in enumerate(names)
        if index not in found.values() and name not in OTHERS and name not in (*PATHS, *UNDECIDED, "")
    ]
    if strange and not has_flags and found.get("drop") is None and not ml:
        raise _unknown(line, header, "a column that says what is synthetic", [*SYNTHETIC, "fake", "is_fake"])


def _looks_like_path(cell: str) -> bool:
    return "/" in cell or "\\" in cell or without_image_suffix(cell.strip()) != cell.strip()


def _says_kind(name: str) -> Kind | None:
    if name in SYNTHETIC:
        return Kind.SYNTHETIC
    if name.startswith(("original", "client")):  # a path, and a person
        return None
    return kind_of(name.removeprefix("is_"))


def _first_of(line: str, names: list[str], free: list[int], wanted: Sequence[str]) -> int | None:
    for name in wanted:
        found = [index for index in free if names[index] == name]
        if len(found) > 1:
            raise UserError(f"{line}: two columns are called {name}; rename one")
        if found:
            return found[0]
    return None


def _told(line: str, header: Sequence[str], role: str, name: str) -> int:
    for compared in (str.strip, str.casefold):
        found = [
            index for index, cell in enumerate(header) if compared(cell.strip()) == compared(name.strip())
        ]
        if len(found) == 1:
            return found[0]
    raise UserError(
        f"{line}: --columns {role}={name}, but {'two columns have' if found else 'no column has'} that name; "
        f"the columns are {_list(header)}"
    )


def _unknown(line: str, header: Sequence[str], what: str, wanted: Sequence[str]) -> UserError:
    return UserError(
        f"{line}: no name is known for {what}; the columns are {_list(header)}, looked for were "
        f"{', '.join(wanted)}; tell which with --columns path=NAME,identity=NAME,synthetic=NAME"
    )


def _list(header: Sequence[str]) -> str:
    return ", ".join(repr(cell.strip()) for cell in header)[:_SHOWN]


def _plain(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in cells]
