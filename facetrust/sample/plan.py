"""Which photographs a sample consists of: pure bookkeeping, no pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetrust.sample.manipulations import MANIPULATIONS, TEST_ONLY_FAMILIES, TRAIN_FAMILIES
from facetrust.sample.options import SampleOptions
from facetrust.sample.people.person import Person

BONA_FIDE = "bona fide"
BOTH_SYNTHETIC = 0.05  # of the synthetic pairs; in the others one side is bona fide


@dataclass(frozen=True)
class Shot:
    """One photograph to take: `family` is BONA_FIDE or a manipulation; `path` is below its folder."""

    index: int
    family: str
    path: str

    @property
    def synthetic(self) -> bool:
        """Whether a manipulation makes it."""
        return self.family != BONA_FIDE


@dataclass(frozen=True)
class Sitting:
    """All photographs of one person; `role` is "train" or "test"."""

    role: str
    identity: int
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class PairRow:
    """One row of labels.csv."""

    pair_id: str
    label: int
    synthetic0: int
    synthetic1: int


_ROLES = {"train": 0, "test": 1, "clip": 4, "stranger": 5}  # 2 and 3 are seeds of plans


def person_seed(seed: int, role: str, identity: int) -> np.random.SeedSequence:
    """The seed of a person."""
    return np.random.SeedSequence([seed, _ROLES[role], identity, 0])


def photo_seed(seed: int, role: str, identity: int, photo: int) -> np.random.SeedSequence:
    """The seed of everything random in one photograph."""
    return np.random.SeedSequence([seed, _ROLES[role], identity, 1, photo])


def plan_training(options: SampleOptions) -> list[Sitting]:
    """Sittings of the training people; bona fide and synthetic photographs take file names at random."""
    sittings = []
    for identity in range(options.identities):
        rng = np.random.default_rng([options.seed, 2, identity])
        families = [BONA_FIDE] * options.photos
        families += [TRAIN_FAMILIES[(identity + i) % len(TRAIN_FAMILIES)] for i in range(options.synthetic)]
        order = rng.permutation(len(families))
        shots = tuple(
            Shot(int(i), families[i], f"person_{identity:04d}/{name}.jpg") for name, i in enumerate(order)
        )
        sittings.append(Sitting("train", identity, shots))
    return sittings


class _Album:
    """Hands out unused photographs of the test people."""

    def __init__(self) -> None:
        self.shots: dict[int, list[Shot]] = {}

    def add(self, identity: int, family: str, path: str) -> None:
        taken = self.shots.setdefault(identity, [])
        taken.append(Shot(len(taken), family, path))


def plan_pairs(options: SampleOptions) -> tuple[list[Sitting], list[PairRow]]:
    """Sittings of the test people and the rows of labels.csv, in the order of the pair ids."""
    rng = np.random.default_rng([options.seed, 3])
    categories = [("same", "different", "synthetic")[i % 3] for i in range(options.pairs)]
    alike = _look_alikes(options)
    everyone = np.arange(options.test_identities)
    families = TRAIN_FAMILIES + TEST_ONLY_FAMILIES
    assert set(families) == set(MANIPULATIONS)
    drawn: list[tuple[tuple[int, str], tuple[int, str], int]] = []
    for i, category in enumerate(categories):
        turn = i // 3
        first = int(everyone[turn % len(everyone)])
        if category == "same":
            drawn.append(((first, BONA_FIDE), (first, BONA_FIDE), 1))
        elif category == "different":
            drawn.append(((first, BONA_FIDE), (_other_person(first, alike, options, rng), BONA_FIDE), 0))
        else:
            family = families[turn % len(families)]
            sides = [(first, family), (first, family if rng.random() < BOTH_SYNTHETIC else BONA_FIDE)]
            if rng.random() < 0.5:
                sides.reverse()
            drawn.append((sides[0], sides[1], 0))
    album, rows = _Album(), []
    digits = max(4, len(str(options.pairs - 1)))
    for number, i in enumerate(rng.permutation(len(drawn))):
        pair_id = f"{number:0{digits}d}"
        left, right, label = drawn[i]
        album.add(left[0], left[1], f"{pair_id}/0.jpg")
        album.add(right[0], right[1], f"{pair_id}/1.jpg")
        rows.append(PairRow(pair_id, label, int(left[1] != BONA_FIDE), int(right[1] != BONA_FIDE)))
    sittings = [Sitting("test", identity, tuple(shots)) for identity, shots in sorted(album.shots.items())]
    return sittings, rows


def _look_alikes(options: SampleOptions) -> list[list[int]]:
    """For each test person, the others of the same group and gender."""
    people = [Person.from_seed(person_seed(options.seed, "test", i)) for i in range(options.test_identities)]
    kinds = [(person.group, person.gender) for person in people]
    return [[j for j, kind in enumerate(kinds) if kind == kinds[i] and j != i] for i in range(len(people))]


def _other_person(
    first: int, alike: list[list[int]], options: SampleOptions, rng: np.random.Generator
) -> int:
    """Another test person: one time in five one who looks alike, if there is one."""
    if alike[first] and rng.random() < 1 / 5:
        return int(rng.choice(alike[first]))
    return int((first + 1 + rng.integers(options.test_identities - 1)) % options.test_identities)
