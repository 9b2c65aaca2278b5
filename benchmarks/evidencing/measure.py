"""What encoders make of people they were never trained on and forgeries of them, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from benchmarks.forging.judge import (
    Forgeries,
    JudgedPairs,
    crop_batches,
    embed,
    forge_test_crops,
    pair_up,
    same_person_pairs,
)
from common.formats.crop_frame import crop_frame, shard_frame
from common.formats.pair_category import PairCategory
from common.metrics import Interval, VerificationReport, equal_error_rate, evaluate_pairs, with_intervals
from common.models.encoder import Encoder
from common.models.fused.cut import Cut
from common.models.fused.encoder import FusedEncoder
from common.models.fused.fusion import Fusion
from common.runtime.float32 import exact_float32
from train.data.dataset import CropDataset

MOST_PHOTOGRAPHS = 5  # of a person who is tested on
MOST_TWICE = 5000  # pairs of two forgeries of one person


class Rate(BaseModel):
    """An equal error rate in [0, 1] and its 95 % interval, which resamples people."""

    model_config = ConfigDict(frozen=True)

    eer: float
    low: float
    high: float


class Rates(BaseModel):
    """What an encoder makes of the test."""

    model_config = ConfigDict(frozen=True)

    overall: Rate  # genuine against impostor pairs, as many of each category
    different: Rate
    synthetic: Rate
    twice: float  # share of pairs of two forgeries of one person that are accepted, see `Examination`


class CutEncoder(nn.Module):
    """An encoder of arcface crops that sees wider ones."""

    def __init__(self, encoder: Encoder, dataset: CropDataset) -> None:
        super().__init__()
        frame = shard_frame(next(iter(dataset.headers)))
        self.cut = Cut(frame, crop_frame(encoder.input_format.size))
        self.encoder = encoder

    def embed(self, crops: Tensor) -> Tensor:
        """As `Encoder.embed`."""
        return self.encoder.embed(self.cut(crops))


@dataclass(frozen=True)
class Examination:
    """Pairs of people to test on, of their bona fide crops and of forgeries by some methods.

    A pair of two forgeries is accepted from the threshold on where genuine pairs and pairs of different
    people err alike.
    """

    dataset: CropDataset
    rows: NDArray[np.int64]
    forgeries: Forgeries
    pairs: JudgedPairs

    def embed(self, encoder: Encoder | CutEncoder, device: torch.device) -> NDArray[np.float32]:
        """The embeddings of the bona fide crops, and behind them of the forgeries."""
        return embed(encoder, crop_batches(self.dataset, self.rows, self.forgeries), device)

    def embed_joined(self, fused: FusedEncoder, fusions: Sequence[Fusion]) -> list[NDArray[np.float32]]:
        """The same of a fused encoder on the CPU, with the towers joined by each fusion."""
        found: list[list[Tensor]] = [[] for _ in fusions]
        with torch.inference_mode(), exact_float32():
            for crops in crop_batches(self.dataset, self.rows, self.forgeries):
                features, logits = fused.towers(crops, mirror=True)
                for fusion, vectors in zip(fusions, found, strict=True):
                    fused.fusion = fusion
                    vectors.append(fused.join(features, logits, crops))
        return [torch.cat(vectors).numpy() for vectors in found]

    def rates(self, vectors: NDArray[np.float32]) -> Rates:
        """The error rates of these embeddings."""
        people = self.dataset.identities[np.concatenate([self.rows, self.forgeries.rows])]
        pairs = self.pairs
        first, second = pairs.positions.T
        scores = np.einsum("pd,pd->p", vectors[first], vectors[second]).clip(-1, 1)
        identities = people[pairs.positions]
        apart = with_intervals(evaluate_pairs(pairs.categories, scores), pairs.categories, scores, identities)
        chosen = pairs.balanced
        even = with_intervals(
            evaluate_pairs(pairs.categories[chosen], scores[chosen]),
            pairs.categories[chosen],
            scores[chosen],
            identities[chosen],
        )
        bona_fide = pairs.categories != PairCategory.SYNTHETIC.code
        threshold = evaluate_pairs(pairs.categories[bona_fide], scores[bona_fide]).eer_threshold
        twice = self._twice(vectors, people)
        return Rates(
            overall=_rate(even.eer, even.intervals.get("eer")),
            different=_of(apart, PairCategory.DIFFERENT_PERSON),
            synthetic=_of(apart, PairCategory.SYNTHETIC),
            twice=float((twice >= threshold).mean()) if len(twice) else float("nan"),
        )

    def _twice(self, vectors: NDArray[np.float32], people: NDArray[np.int64]) -> NDArray[np.float64]:
        """The similarities of pairs of two forgeries of one person, that are not of one photograph."""
        start = len(self.rows)
        pairs = same_person_pairs(people[start:]).T
        pairs = pairs[:, self.forgeries.rows[pairs[0]] != self.forgeries.rows[pairs[1]]]
        pairs = np.random.default_rng(0).permutation(pairs, axis=1)[:, :MOST_TWICE] + start
        return np.einsum("pd,pd->p", vectors[pairs[0]], vectors[pairs[1]])

    def classifier_eer(self, vectors: NDArray[np.float32], fusion: Fusion) -> float:
        """The equal error rate of the classifier of a fused encoder, of single crops."""
        likely = fusion.probabilities(vectors)
        return float(equal_error_rate(np.arange(len(likely)) >= len(self.rows), likely).eer)


def open_examination(dataset: CropDataset, methods: Sequence[str], seed: int) -> Examination:
    """The test of the people of a data set, who are all of it, by forgeries of some methods."""
    rng = np.random.default_rng(seed)
    rows = np.sort(
        np.concatenate(
            [
                rng.permutation(np.flatnonzero(dataset.identities == person))[:MOST_PHOTOGRAPHS]
                for person in np.unique(dataset.identities)
            ]
        )
    )
    forgeries = forge_test_crops(dataset, rows, tuple(methods), seed)
    people = dataset.identities
    pairs = pair_up(people[rows], people[forgeries.rows], forgeries.methods, seed)
    return Examination(dataset, rows, forgeries, pairs)


def _rate(eer: float, interval: Interval | None) -> Rate:
    low, high = interval or (float("nan"), float("nan"))
    return Rate(eer=eer, low=low, high=high)


def _of(report: VerificationReport, category: PairCategory) -> Rate:
    return _rate(report.eer_by_category[category], report.intervals.get(f"eer_{category.value}"))
