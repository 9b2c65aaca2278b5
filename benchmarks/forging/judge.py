"""What an encoder makes of people it was never trained on, and of forgeries of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from common.forge.crop_forger import CropForger
from common.forge.forger import Forger
from common.formats.pair_category import PairCategory
from common.metrics import equal_error_rate, evaluate_pairs
from common.models.encoder import Encoder
from train.data.dataset import CropDataset

FORGERIES = 2  # of each bona fide crop
MOST_DIFFERENT = 5000  # pairs of different people
BATCH = 128  # crops embedded at once


class Errors(BaseModel):
    """Equal error rates of an encoder, in [0, 1]."""

    model_config = ConfigDict(frozen=True)

    overall: float  # genuine against impostor pairs, as many of each category
    different: float  # genuine against different-person pairs
    synthetic: float  # genuine against synthetic pairs
    by_method: dict[str, float]  # genuine against synthetic pairs of one method


@dataclass(frozen=True)
class Forgeries:
    """F forgeries of the test people."""

    images: NDArray[np.uint8]  # (F, size, size, 3) RGB
    rows: NDArray[np.int64]  # (F,) of the crops they were made from
    partners: list[int | None]  # rows of the photographs that they were put into
    methods: NDArray[np.str_]  # (F,)


@dataclass(frozen=True)
class JudgedPairs:
    """P pairs of embeddings: those of T bona fide crops and, behind them, of F forgeries."""

    positions: NDArray[np.int64]  # (P, 2)
    categories: NDArray[np.int8]  # (P,) `PairCategory.code`
    methods: NDArray[np.str_]  # (P,) of forging; empty where neither is forged
    balanced: NDArray[np.int64]  # (3 M,) some of the P: as many of each category

    def count(self, category: PairCategory) -> int:
        """Pairs of a category."""
        return int((self.categories == category.code).sum())


def forge_test_crops(
    dataset: CropDataset, rows: NDArray[np.int64], methods: tuple[str, ...], seed: int
) -> Forgeries:
    """`FORGERIES` forgeries of each of the crops that have landmarks, with partners among these crops alone.

    Args:
        dataset: the crops.
        rows: (T,) those of the test people.
        methods: each as often as the others.
        seed: of the forgeries.

    A forgery by another method, for want of a partner, is left out.
    """
    forger = CropForger(Forger(methods), dataset.landmarks, dataset.identities, rows, dataset.image)
    forged, sources = [], []
    for row in filter(forger.can_forge, rows.tolist()):
        for number in range(1, FORGERIES + 1):
            own = int(np.random.SeedSequence([seed, row, number]).generate_state(1)[0])
            crop = forger.forge(row, own)
            if crop.forgery.method in methods:
                forged.append(crop)
                sources.append(row)
    return Forgeries(
        np.array([crop.forgery.image for crop in forged], np.uint8).reshape(-1, *2 * (dataset.size,), 3),
        np.array(sources, np.int64),
        [crop.partner for crop in forged],
        np.array([crop.forgery.method for crop in forged], np.str_),
    )


def pair_up(
    people: NDArray[np.int64], forged: NDArray[np.int64], methods: NDArray[np.str_], seed: int
) -> JudgedPairs:
    """All genuine pairs, up to `MOST_DIFFERENT` of different people, each forgery with all of its person.

    Args:
        people: (T,) who is on each bona fide crop.
        forged: (F,) whom each forgery shows.
        methods: (F,) how it was made.
        seed: of the pairs that are drawn.
    """
    rng = np.random.default_rng(seed)
    found = {
        PairCategory.SAME_PERSON: same_person_pairs(people),
        PairCategory.DIFFERENT_PERSON: _different(people, rng),
        PairCategory.SYNTHETIC: _synthetic(people, forged),
    }
    counts = [len(pairs) for pairs in found.values()]
    starts = np.cumsum([0, *counts[:-1]])
    balanced = [
        start + rng.choice(count, min(counts), replace=False)
        for start, count in zip(starts, counts, strict=True)
    ]
    return JudgedPairs(
        np.concatenate(list(found.values())),
        np.repeat(np.array([category.code for category in found], np.int8), counts),
        np.concatenate(
            [
                np.full(sum(counts[:2]), "", methods.dtype),
                methods[found[PairCategory.SYNTHETIC][:, 1] - len(people)],
            ]
        ),
        np.concatenate(balanced),
    )


def same_person_pairs(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """All pairs (P, 2) of crops (N,) of one person."""
    pairs = [
        pair for person in np.unique(people) for pair in combinations(np.flatnonzero(people == person), 2)
    ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _different(people: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Of all pairs (i, j) some are drawn; those with i < j and of two people are kept."""
    count = len(people)
    drawn = rng.choice(count * count, min(count * count, 32 * MOST_DIFFERENT), replace=False)
    first, second = drawn // count, drawn % count
    kept = (first < second) & (people[first] != people[second])
    return np.stack([first[kept], second[kept]], axis=1)[:MOST_DIFFERENT].astype(np.int64)


def _synthetic(people: NDArray[np.int64], forged: NDArray[np.int64]) -> NDArray[np.int64]:
    pairs = [
        (mate, len(people) + number)
        for number, person in enumerate(forged)
        for mate in np.flatnonzero(people == person)
    ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def embed(encoder: Encoder, batches: Iterable[Tensor], device: torch.device) -> NDArray[np.float32]:
    """Embeddings (N, D) of unit length of batches of crops (B, 3, size, size), in float32."""
    encoder.eval().to(device)
    return np.concatenate([encoder.embed(batch.to(device)).cpu().numpy() for batch in batches])


def crop_batches(dataset: CropDataset, rows: NDArray[np.int64], forgeries: Forgeries) -> Iterable[Tensor]:
    """The bona fide crops of `rows` and then the forgeries, as an encoder takes them."""
    for start in range(0, len(rows), BATCH):
        yield dataset[rows[start : start + BATCH]].crops
    for start in range(0, len(forgeries.images), BATCH):
        yield torch.from_numpy(forgeries.images[start : start + BATCH].transpose(0, 3, 1, 2).copy())


def judge(embeddings: NDArray[np.float32], pairs: JudgedPairs) -> Errors:
    """The error rates of embeddings (T + F, D) of unit length."""
    first, second = pairs.positions.T
    scores = np.einsum("pd,pd->p", embeddings[first], embeddings[second])
    report = evaluate_pairs(pairs.categories, scores)
    genuine = pairs.categories == PairCategory.SAME_PERSON.code
    chosen = pairs.balanced
    return Errors(
        overall=equal_error_rate(genuine[chosen], scores[chosen]).eer,
        different=report.eer_by_category[PairCategory.DIFFERENT_PERSON],
        synthetic=report.eer_by_category[PairCategory.SYNTHETIC],
        by_method={
            str(method): equal_error_rate(
                genuine[kept := genuine | (pairs.methods == method)], scores[kept]
            ).eer
            for method in np.unique(pairs.methods)
            if method
        },
    )
