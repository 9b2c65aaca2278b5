"""Groups of crops that a split must not part: of one person, source video, or forgery source."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def group_text(names: Iterable[str]) -> str:
    """The names of the groups of a crop as a shard holds them: sorted, a line each, without repetitions."""
    return "\n".join(sorted({plain for name in names if (plain := " ".join(name.split()))}))


def group_names(text: str) -> tuple[str, ...]:
    """The names in a text of `group_text`."""
    return tuple(text.split("\n")) if text else ()


def crop_ties(person: str, groups: Iterable[str] = (), sources: Iterable[str] = ()) -> set[str]:
    """What a crop must not be parted from, as names for `connected_groups`.

    Args:
        person: the identity that it shows.
        groups: its source videos and the like, by `group_names`.
        sources: the identities that it was forged from.
    """
    return {f"person {name}" for name in (person, *sources)} | {f"group {name}" for name in groups}


def connected_groups(names: Sequence[Iterable[str]]) -> NDArray[np.int64]:
    """Numbers of N rows, (N,) from 0, equal for rows that names connect, also by way of other rows.

    Args:
        names: of the people, videos and sources of each row; a row without names is a group of its own.
    """
    places: dict[str, int] = {}
    links = [(row, places.setdefault(name, len(places))) for row, own in enumerate(names) for name in own]
    rows, columns = np.array(links, np.int64).reshape(-1, 2).T
    count = len(names) + len(places)
    graph = coo_array((np.ones(len(links), np.int8), (rows, len(names) + columns)), (count, count))
    component = connected_components(graph, directed=False)[1][: len(names)]
    return np.unique(component, return_inverse=True)[1].astype(np.int64)
