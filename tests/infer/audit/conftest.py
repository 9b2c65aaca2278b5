"""Data sets of embeddings: people as directions on the sphere, photographs around them."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from infer.audit.crops import AuditedCrops
from infer.audit.pictures import Pictures

MakeCrops = Callable[..., AuditedCrops]
SIZE = 64  # numbers of an embedding


@pytest.fixture(scope="session")
def make_crops() -> MakeCrops:
    """Makes crops of `people` with `each` photographs, named p000 on; no pixels but a grey of their row.

    `noise` is the length of what a photograph adds to the direction of its person: 0.75 gives similarities to
    the own centroid around 0.8, as good recognisers do.
    """

    def make(people: int = 30, each: int = 8, noise: float = 0.75, seed: int = 0) -> AuditedCrops:
        rng = np.random.default_rng(seed)
        directions = rng.normal(size=(people, SIZE))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        labels = np.repeat(np.arange(people), each)
        vectors = directions[labels] + noise * rng.normal(size=(len(labels), SIZE)) / SIZE**0.5
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        names = [f"p{person:03d}" for person in range(people)]
        nothing = np.zeros(len(labels), np.bool_)
        return AuditedCrops(
            [f"{names[label]}/{row}.jpg" for row, label in enumerate(labels)],
            names,
            labels.astype(np.int64),
            nothing,
            nothing,
            vectors.astype(np.float32),
            lambda row: np.full((112, 112, 3), row % 256, np.uint8),
        )

    return make


@pytest.fixture
def no_pictures() -> Callable[[AuditedCrops], Pictures]:
    return lambda crops: Pictures([], np.zeros(len(crops.labels), np.bool_))


@pytest.fixture(scope="session")
def swap_labels() -> Callable[[AuditedCrops, float, int], set[int]]:
    """Swaps a share of the labels between people, two at a time and in place; gives the rows."""

    def swap(crops: AuditedCrops, share: float, seed: int) -> set[int]:
        rng = np.random.default_rng(seed)
        wrong: set[int] = set()
        order: Sequence[int] = rng.permutation(len(crops.labels)).tolist()
        for first in order:
            if len(wrong) >= share * len(crops.labels):
                break
            other = [row for row in order if crops.labels[row] != crops.labels[first] and row not in wrong]
            if first not in wrong and other:
                second = other[int(rng.integers(len(other)))]
                crops.labels[[first, second]] = crops.labels[[second, first]]
                wrong |= {first, second}
        return wrong

    return swap
