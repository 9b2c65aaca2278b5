"""Options of reading a source of pairs."""

from dataclasses import dataclass

from common.runtime.errors import UserError

MAX_PER_KIND = 3_000_000  # pairs: three kinds stay below what a list may hold


@dataclass(frozen=True)
class PairRequest:
    """The options of reading a source of pairs.

    Attributes:
        columns: names of a list's columns, see `common.formats.pair_columns.find_columns`.
        follow_links: whether links may lead out of the folder.
        per_kind: of a folder of people or shards so many pairs of each kind are drawn; None: all that there
            are, unless these are too many.
        allow_missing: whether shards count that are not those of their manifest.
        allow_unlabelled: whether photographs of people count whose labels do not fit.

    Raises UserError for a number of pairs that cannot be.
    """

    columns: str | None = None
    follow_links: bool = False
    per_kind: int | None = None
    allow_missing: bool = False
    allow_unlabelled: bool = False

    def __post_init__(self) -> None:
        if self.per_kind is not None and not 1 <= self.per_kind <= MAX_PER_KIND:
            raise UserError(f"--pairs-per-kind must be from 1 to {MAX_PER_KIND:,}, not {self.per_kind:,}")


AS_IT_IS = PairRequest()
