"""How batches are filled: P people with K photographs each, synthetic ones among them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from common.errors import UserError


class IdentityBatches(Sampler[NDArray[np.int64]]):
    """Batches of `people` identities with `photos` photographs each, as rows of the data set.

    Identities take turns, in an order drawn anew from seed and epoch. Of a person's photographs in a batch,
    a `synthetic_share` is synthetic where the person has synthetic ones; those who have fewer than asked for
    give what they have, again if need be.

    Raises UserError when no identity has two bona fide photographs: there is nothing to pull together.
    """

    def __init__(
        self,
        identities: NDArray[np.int64],
        synthetic: NDArray[np.bool_],
        rows: NDArray[np.int64],
        *,
        people: int,
        photos: int,
        synthetic_share: float,
        seed: int,
    ) -> None:
        self._bona_fide = _rows_by_identity(identities, rows[~synthetic[rows]])
        self._synthetic = _rows_by_identity(identities, rows[synthetic[rows]])
        self._identities = np.array(sorted(self._bona_fide), dtype=np.int64)
        if max((len(own) for own in self._bona_fide.values()), default=0) < 2:
            raise UserError("no person has two bona fide photographs to train on")
        self._people = min(people, len(self._identities))
        self._photos = photos
        self._wanted_synthetic = round(photos * synthetic_share)
        self._seed = seed
        self.crops = len(rows)
        self.batch_size = self._people * photos
        self.epoch = 0  # set by the training loop before each pass

    def __len__(self) -> int:
        return max(1, self.crops // self.batch_size)

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        rng = np.random.default_rng([self._seed, self.epoch])
        queue: list[int] = []
        for _ in range(len(self)):
            if len(queue) < self._people:
                fresh = [
                    int(identity) for identity in rng.permutation(self._identities) if identity not in queue
                ]
                queue += fresh
            chosen, queue = queue[: self._people], queue[self._people :]
            yield np.concatenate([self._draw(identity, rng) for identity in chosen])

    def _draw(self, identity: int, rng: np.random.Generator) -> NDArray[np.int64]:
        forged = self._synthetic.get(identity, np.empty(0, np.int64))
        count = self._wanted_synthetic if len(forged) else 0
        return np.concatenate(
            [_choose(self._bona_fide[identity], self._photos - count, rng), _choose(forged, count, rng)]
        )


def _rows_by_identity(identities: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    order = rows[np.argsort(identities[rows], kind="stable")]
    found, starts = np.unique(identities[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}


def _choose(rows: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` of the rows, each once before any comes twice."""
    rounds = -(-count // len(rows)) if count else 0
    drawn = [rng.permutation(rows) for _ in range(rounds)]
    return np.concatenate(drawn)[:count] if drawn else rows[:0]
