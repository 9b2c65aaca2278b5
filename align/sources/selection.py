"""The part of a source that a run is told to align."""

import fnmatch
import re
from dataclasses import dataclass
from typing import Annotated, Any

from align.sources.photograph import Photograph
from common.runtime.as_option import AsOption

FollowLinks = Annotated[bool, AsOption("Also photographs that links out of the folder lead to.")]


@dataclass(frozen=True)
class Selection:
    """Which photographs of a source are wanted; by default all that lie in it.

    `include` and `exclude` are globs over the relative path, case and all, in which `*` matches `/` too.
    """

    include: Annotated[
        tuple[str, ...], AsOption("Glob over the path; only what matches one. Repeatable.")
    ] = ()
    exclude: Annotated[
        tuple[str, ...], AsOption("Glob over the path; not what matches one. Repeatable.")
    ] = ()
    limit: Annotated[int | None, AsOption("Only the first so many photographs.", least=1)] = None
    follow_links: FollowLinks = False

    def as_dict(self) -> dict[str, Any]:
        """The selection as plain values for JSON, by the names of the command line."""
        return {
            "include": list(self.include),
            "exclude": list(self.exclude),
            "limit": self.limit,
            "follow-links": self.follow_links,
        }


EVERYTHING = Selection()


def select(photographs: list[Photograph], selection: Selection) -> list[Photograph]:
    """The photographs that match an include, if there is any, and no exclude; of these the first `limit`."""
    include, exclude = _any_of(selection.include), _any_of(selection.exclude)
    if include or exclude:
        photographs = [
            photograph
            for photograph in photographs
            if (include is None or include.match(photograph.path))
            and not (exclude and exclude.match(photograph.path))
        ]
    return photographs if selection.limit is None else photographs[: max(0, selection.limit)]


def _any_of(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(fnmatch.translate, globs))) if globs else None
