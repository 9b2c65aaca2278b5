"""Sampler of batches with crops of both classes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from common.runtime.errors import UserError
from train.data.batches import Chosen, ForgingPlan, PlannedBatches


class ClassSampler(PlannedBatches):
    """Sampler of bona fide and synthetic crops, and of bona fide ones that a forgery is made of.

    A batch begins with bona fide crops. Of `forging.share` of its crops a forgery is made: of those of its
    own bona fide ones that can be forged, each once before any comes twice, so that a forgery stands beside
    what it was made from. The rest are synthetic crops, as many as make both classes equal with `balanced`,
    else as many as there are among all; none where there are none. Every crop of a class comes once before
    any comes again.

    Args:
        synthetic: (N,) of the data set.
        rows: (M,) of what is trained on.
        size: crops in a batch.
        balanced: whether a batch has as many of both classes.
        seed: of the order.
        forging: how many are forged; None for none.

    Raises UserError where a batch would lack one of the classes.
    """

    def __init__(
        self,
        synthetic: NDArray[np.bool_],
        rows: NDArray[np.int64],
        *,
        size: int,
        balanced: bool,
        seed: int,
        forging: ForgingPlan | None = None,
    ) -> None:
        super().__init__(crops=len(rows), batch_size=size, unit=1, seed=seed)
        self._classes = rows[~synthetic[rows]], rows[synthetic[rows]]
        self._forging = forging
        bona_fide, others = map(len, self._classes)
        self._forged = round(size * forging.share) if forging else 0
        if not bona_fide:
            raise UserError("there are no bona fide crops to train on; add some to the data")
        if not others and not self._forged:
            raise UserError(
                "there are no synthetic crops to train on; add some to the data, or make them: --forge 0.5"
            )
        wanted = size // 2 - self._forged if balanced else round(size * others / len(rows))
        self._synthetic = min(max(wanted, 0), size - self._forged) if others else 0
        self._bona_fide = size - self._forged - self._synthetic
        if not self._bona_fide or not self._forged + self._synthetic:
            raise UserError(
                f"a batch of {size} would hold {self._bona_fide} bona fide crops and "
                f"{self._forged + self._synthetic} synthetic ones; raise --batch-size, or lower --forge"
            )

    @property
    def leaves_synthetic_out(self) -> bool:
        """Whether there are synthetic crops, and no batch has one: forgeries fill their part of it."""
        return len(self._classes[1]) > 0 and not self._synthetic

    @property
    def weight(self) -> float:
        """Bona fide crops of a batch over synthetic ones: what balances their losses."""
        return self._bona_fide / (self._forged + self._synthetic)

    def __len__(self) -> int:
        return max(1, self.crops // self.batch_size)

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        rng = np.random.default_rng([self._seed, epoch])
        bona_fide, synthetic = (_endless(rows, rng.spawn(1)[0]) for rows in self._classes)
        for _ in range(len(self)):
            own = _take(bona_fide, self._bona_fide)
            forged = np.empty(0, np.int64)
            if self._forged and self._forging:
                sources = own[self._forging.forgeable[own]]
                if not len(sources):  # as rare as crops without landmarks are
                    sources = self._classes[0][self._forging.forgeable[self._classes[0]]]
                rounds = -(-self._forged // len(sources))
                forged = np.concatenate([rng.permutation(sources) for _ in range(rounds)])[: self._forged]
            rows = np.concatenate([own, forged, _take(synthetic, self._synthetic)])
            is_forged = np.zeros(len(rows), np.bool_)
            is_forged[len(own) : len(own) + len(forged)] = True
            yield Chosen(rows, is_forged)


def _endless(rows: NDArray[np.int64], rng: np.random.Generator) -> Iterator[int]:
    """The rows in a random order, again and again; nothing of none."""
    while len(rows):
        yield from rng.permutation(rows).tolist()


def _take(rows: Iterator[int], count: int) -> NDArray[np.int64]:
    return np.fromiter(rows, np.int64, count) if count else np.empty(0, np.int64)
