"""Options of reading a source of pairs."""

from dataclasses import dataclass
from typing import Annotated

from align.sources.reading import AllowUnlabelled
from align.sources.selection import FollowLinks
from common.runtime.as_option import AllowMissing, AsOption
from common.runtime.errors import ParameterError

MAX_PER_KIND = 3_000_000  # pairs: three kinds stay below what a list may hold


@dataclass(frozen=True)
class PairRequest:
    """The options of reading a source of pairs. Raises UserError for a number of pairs that cannot be."""

    columns: Annotated[
        str | None,
        AsOption(
            "What a list calls its columns, where that is not known: path1=NAME,label=NAME and so on for "
            "path1, path2, label, synthetic1, synthetic2 and id; ignore=NAME for others."
        ),
    ] = None
    follow_links: FollowLinks = False
    per_kind: Annotated[
        int | None,
        AsOption(
            "Of people's photographs draw so many genuine, impostor and synthetic pairs.",
            name="pairs-per-kind",
            default="all, and 100,000 where there are more than 1,000,000",
            least=1,
        ),
    ] = None
    allow_missing: AllowMissing = False
    allow_unlabelled: AllowUnlabelled = False

    def __post_init__(self) -> None:
        if self.per_kind is not None and not 1 <= self.per_kind <= MAX_PER_KIND:
            raise ParameterError(
                f"{{pairs_per_kind}} must be from 1 to {MAX_PER_KIND:,}, not {self.per_kind:,}"
            )


AS_IT_IS = PairRequest()
