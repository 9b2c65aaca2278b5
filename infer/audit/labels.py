"""Photographs whose label is wrong: nearer to another person, or like a stranger to their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infer.audit.findings import Finding, Kind
from infer.audit.limits import Limits, limits_of
from infer.audit.nearness import Nearness, nearness

ROUNDS = 2  # of leaving suspects out of the centroids, which a wrong label has drawn towards itself
MOST_SUSPECT = 1 / 3  # of the photographs nearer to another person: the model or all labels are in doubt
FEWEST = 3  # photographs of a person; which of two that differ is wrong, they do not tell


@dataclass(frozen=True)
class Judgement:
    """Similarities of N photographs to their own and the other people, and what they mean.

    Attributes:
        near: against centroids without suspects. Its `own` is that of all photographs of the person where
            suspects alone are left.
        kept: (N,) the photographs that made these centroids.
        rejudged: (N,) false where the person has no photograph left that is above suspicion.
        limits: of photographs to people.
        doubt: why no finding is certain; empty where some may be.
    """

    near: Nearness
    kept: NDArray[np.bool_]
    rejudged: NDArray[np.bool_]
    limits: Limits
    doubt: str


def judge(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], judged: NDArray[np.bool_], people: int
) -> Judgement:
    """The judgement on photographs, compared with people, and again without those that did not fit.

    Args:
        vectors: (N, D) of unit length.
        labels: (N,) people, from 0.
        judged: (N,) which photographs count; one of several copies does.
        people: how many labels there are.
    """
    first = near = nearness(vectors, labels, judged, people)
    kept = judged
    for _ in range(ROUNDS):
        limits = _limits(near, kept)
        kept = judged & ~near.is_nearer_to_another & ~(near.own < limits.stranger)
        near = nearness(vectors, labels, kept, people)
    rejudged = ~np.isnan(near.own)
    near = Nearness(np.where(rejudged, near.own, first.own), near.other, near.nearest, near.counts)
    compared = judged & ~np.isnan(near.own) & ~np.isnan(near.other)
    share = float(near.is_nearer_to_another[compared].mean()) if compared.any() else 0.0
    limits, doubt = _limits(near, kept), ""
    if compared.any() and (share > MOST_SUSPECT or not limits.are_apart):
        doubt = (
            f"the model does not tell these people apart, or most labels are wrong ({share:.0%} of the "
            "photographs are nearer to another person): no finding is certain"
        )
    return Judgement(near, kept, rejudged, limits, doubt)


def label_findings(
    judgement: Judgement, labels: NDArray[np.int64], judged: NDArray[np.bool_], names: list[str]
) -> list[Finding]:
    """The photographs that are another person's, and those that are nobody's.

    Nobody's is like a stranger to its own person, with nobody else near: an unknown person, another face of
    the photograph, or one beyond recognising. Of people with one or two photographs only those are found that
    clearly match somebody with more.
    """
    near, limits = judgement.near, judgement.limits
    known = judged & ~np.isnan(near.own) & ~np.isnan(near.other)
    among_enough = np.bincount(labels[judged], minlength=len(names))[labels] >= FEWEST
    wrong = known & near.is_nearer_to_another & (near.other >= limits.possible)
    clear = (
        (near.other >= limits.clear) & (near.own < limits.possible) & (near.counts[near.nearest] >= FEWEST)
    )
    wrong &= among_enough | clear
    nobody = known & among_enough & judgement.rejudged & ~wrong & (near.own < limits.stranger)
    found = []
    for row in np.flatnonzero(wrong | nobody).tolist():
        own, other = float(near.own[row]), float(near.other[row])
        if wrong[row]:
            name = names[near.nearest[row]]
            found.append(
                Finding(Kind.WRONG_LABEL, row, name, own, other, bool(clear[row]) and not judgement.doubt)
            )
        else:
            found.append(Finding(Kind.FITS_NOBODY, row, None, own, other))
    return found


def _limits(near: Nearness, kept: NDArray[np.bool_]) -> Limits:
    """Of photographs that fit; only theirs are strangers' similarities to other people."""
    fits = kept & ~near.is_nearer_to_another
    return limits_of(near.own[fits], near.other[fits])
