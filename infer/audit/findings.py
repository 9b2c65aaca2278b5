"""Findings of an audit, each on one photograph."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of findings, in the order in which they are told."""

    WRONG_LABEL = "wrong-label"
    TWO_PEOPLE = "two-people-in-one"
    ONE_PERSON = "one-person-in-two"
    FITS_NOBODY = "fits-nobody"
    OVER_SPLIT = "same-picture-over-split"
    TWO_NAMES = "same-picture-two-people"
    TWO_FLAGS = "same-picture-two-flags"
    COPY = "same-picture"
    SYNTHETIC = "synthetic-candidate"

    @property
    def meaning(self) -> str:
        """A description for people."""
        return _MEANINGS[self]

    @property
    def is_of_many(self) -> bool:
        """Whether such findings concern many photographs of a person at once."""
        return self in (Kind.TWO_PEOPLE, Kind.ONE_PERSON)


_MEANINGS = {
    Kind.WRONG_LABEL: "nearer to another person than to its own",
    Kind.TWO_PEOPLE: "the smaller part of a person's photographs, which does not match the larger",
    Kind.ONE_PERSON: "of a person who matches another one like one person's two halves",
    Kind.FITS_NOBODY: "like a stranger to its own person, and near nobody else",
    Kind.OVER_SPLIT: "one picture on both sides of the split",
    Kind.TWO_NAMES: "one picture under several people",
    Kind.TWO_FLAGS: "the same pixels marked bona fide and synthetic",
    Kind.COPY: "one picture more than once under one person",
    Kind.SYNTHETIC: "marked bona fide, but among the synthetic ones for the model: look at it",
}


@dataclass(frozen=True)
class Finding:
    """One photograph, and what is wrong with it."""

    kind: Kind
    row: int  # of the crops audited
    suggested: str | None = None  # the identity that fits, where there is one
    own: float = math.nan  # similarity to its own person's other photographs; NaN where it was not compared
    other: float = math.nan  # similarity to the suggested person's
    certain: bool = False  # enough for relabel.csv
    drop: bool = False  # what relabel.csv then says of it; otherwise it names `suggested`
    beside: tuple[int, ...] = ()  # rows to look at beside it, where its person does not tell
    note: str = ""
