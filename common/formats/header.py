"""The header of a list of pairs or photographs: its columns, found by names that many programs write."""

import re
from collections.abc import Sequence

from common.runtime.errors import UserError

SHOWN = 40  # characters of a name in a message
_NAMED = 8  # columns in a message


def plain(name: str) -> str:
    """A name in small letters, without spaces, hyphens and the like, in which programs differ."""
    return re.sub(r"[\W_]+", "", name.lower())


class Header:
    """A row that names columns.

    Attributes:
        line: the file and the line, for messages.
        cells: the names as they are written, without the spaces around them.
        names: the same as `plain` has them.
    """

    def __init__(self, line: str, cells: Sequence[str]) -> None:
        self.line = line
        self.cells = [cell.strip() for cell in cells]
        self.names = [plain(cell) for cell in self.cells]

    def __str__(self) -> str:
        """The names for people, the first ones of many."""
        shown = ", ".join(f"'{name[:SHOWN]}'" for name in self.cells[:_NAMED])
        more = len(self.cells) - _NAMED
        return f"{shown} and {more} more" if more > 0 else shown

    def told(self, role: str, name: str) -> list[int]:
        """Column indices that `--columns ROLE=NAME` names: exact match first, else normalised by `plain`.

        Raises UserError where there is none.
        """
        exact = [at for at, cell in enumerate(self.cells) if cell == name.strip()]
        found = exact or [at for at, own in enumerate(self.names) if own == plain(name)]
        if not found:
            raise UserError(
                f"{self.line}: --columns {role}={name[:SHOWN]}, but no column has that name; "
                f"the columns are {self}"
            )
        return found

    def only(self, role: str, places: Sequence[int]) -> int | None:
        """The one column of these; None where there is none. Raises UserError where there are several."""
        if len(places) < 2:
            return places[0] if places else None
        first, second = (self.cells[at][:SHOWN] for at in places[:2])
        if self.names[places[0]] == self.names[places[1]]:
            raise UserError(f"{self.line}: two columns are called {first}; rename one")
        raise UserError(
            f"{self.line}: '{first}' and '{second}' both read as {role}; say which with "
            f"--columns {role}={first}"
        )
