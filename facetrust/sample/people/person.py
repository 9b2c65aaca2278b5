"""A person: an appearance, and the head that is built from it once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facetrust.sample.people.appearance import Appearance
from facetrust.sample.people.head import Head
from facetrust.sample.people.traits import draw_traits


@dataclass(frozen=True)
class Person(Appearance):
    """One rendered person: the same in every photograph of somebody."""

    @staticmethod
    def from_seed(seed: np.random.SeedSequence) -> Person:
        """The person of a seed: the same seed gives the same person."""
        return Person(**draw_traits(np.random.default_rng(seed)))  # type: ignore[arg-type]

    @cached_property
    def head(self) -> Head:
        """The person's head without expression, built at the first use (about a twentieth of a second)."""
        return Head.of(self)
