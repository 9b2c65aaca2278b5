"""The name that somebody may have meant."""

import difflib
import heapq
from collections.abc import Iterable

_LOOKED_AT = 100  # candidates that are compared letter by letter
_LONGEST = 200  # characters that are compared


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that reads most like a name; None if none does. Takes one pass over a million."""
    ends = name.lower()

    def likeness(candidate: str) -> int:
        other = candidate.lower()
        return _shared(ends, other) + _shared(ends[::-1], other[::-1])

    near = heapq.nlargest(_LOOKED_AT, candidates, key=likeness)
    found = difflib.get_close_matches(name[-_LONGEST:], [other[-_LONGEST:] for other in near], 1, 0.5)
    return next((other for other in near if found and other.endswith(found[0])), None)


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count
