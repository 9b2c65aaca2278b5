"""Identification, 1:N: at which ranks the photographs of a probe's person stand among all of a gallery.

Terms follow ISO/IEC 19795-1: a probe is compared with every photograph of the gallery, which are its
candidates by falling similarity; those of its own person are its mates.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.interval import Interval
from common.metrics.resampling import intervals_of_means

RANKS = (1, 5, 10)
DEPTH = max(RANKS)  # candidates that the figures look at


@dataclass(frozen=True)
class Identification:
    """How well photographs of the same person are found; shares in [0, 1], NaN without probes."""

    probes: int  # that have a mate
    people: int  # whose these are
    cmc: dict[int, float]  # by rank: share of the probes with a mate among so many candidates
    map_at_10: float
    intervals: dict[str, Interval] = field(default_factory=dict)  # of 95 %: `cmc/1`, `map_at_10`


def evaluate_identification(
    hits: NDArray[np.bool_], mates: ArrayLike, people: ArrayLike, seed: int = 0
) -> Identification:
    """CMC at ranks 1, 5 and 10 and MAP@10 of probes; those without a mate are left out.

    AP@10 is the sum of the precision at each rank up to 10 that holds a mate, divided by the mates that could
    stand there, min(10, mates); MAP@10 is its mean over the probes (Manning, Raghavan and Schütze,
    "Introduction to information retrieval", 2008, section 8.4). The intervals resample the probes' people,
    1000 times, and are the same for the same seed.

    Args:
        hits: (P, K) whether the candidate of that rank is a mate; a K below 10 says that there are no more.
        mates: (P,) how many there are in the gallery.
        people: (P,) integers, of the probes.

    Raises ValueError for arrays of different length.
    """
    counts, persons = np.asarray(mates), np.asarray(people)
    if hits.ndim != 2 or counts.shape != (len(hits),) or persons.shape != (len(hits),):
        raise ValueError(f"hits {hits.shape}, mates {counts.shape} and people {persons.shape} must fit")
    mated = counts > 0
    found = np.zeros((int(mated.sum()), DEPTH), np.bool_)
    found[:, : hits.shape[1]] = hits[mated, :DEPTH]
    precision = np.cumsum(found, axis=1) / np.arange(1, DEPTH + 1)
    average = (precision * found).sum(axis=1) / np.minimum(counts[mated], DEPTH)
    columns = {f"cmc/{rank}": found[:, :rank].any(axis=1) for rank in RANKS} | {"map_at_10": average}
    values = np.stack(list(columns.values()), axis=1).astype(np.float64)
    means = dict(zip(columns, values.mean(axis=0).tolist() if len(values) else [np.nan] * 4, strict=True))
    intervals = intervals_of_means(values, persons[mated], seed)
    return Identification(
        probes=len(found),
        people=len(np.unique(persons[mated])),
        cmc={rank: means[f"cmc/{rank}"] for rank in RANKS},
        map_at_10=means["map_at_10"],
        intervals={name: one for name, one in zip(columns, intervals, strict=True) if one},
    )
