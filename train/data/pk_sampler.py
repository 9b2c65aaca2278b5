"""PK sampler: batches of P people with K photographs each, synthetic ones among them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from common.runtime.errors import UserError
from train.data.batches import Chosen, ForgingPlan, PlannedBatches


class PKSampler(PlannedBatches):
    """Batches of `people` identities with `photos` photographs each, as rows of the data set.

    Identities take turns, in an order drawn anew from seed and epoch. Of a person's photographs in a batch,
    a `synthetic_share` is synthetic where the person has synthetic ones; those who have fewer than asked for
    give what they have, again if need be.

    With `forging`, a share of the batch is forgeries, as evenly of its people as can be. They are made of
    crops that are in the batch themselves: two that differ in nothing but the forgery (Shiohara and Yamasaki,
    CVPR 2022). Of people without a crop that can be forged, bona fide ones come in their place.

    Raises UserError when no identity has two bona fide photographs, or too few places in the batch are left
    for them: there is nothing to pull together.
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
        forging: ForgingPlan | None = None,
    ) -> None:
        self._bona_fide = _rows_by_identity(identities, rows[~synthetic[rows]])
        self._synthetic = _rows_by_identity(identities, rows[synthetic[rows]])
        self._identities = np.array(sorted(self._bona_fide), dtype=np.int64)
        if max((len(own) for own in self._bona_fide.values()), default=0) < 2:
            raise UserError("no person has two bona fide photographs to train on")
        self._people = min(people, len(self._identities))
        self._photos = photos
        self._wanted_synthetic = round(photos * synthetic_share)
        self._forging = forging
        self._wanted_forged = round(self._people * photos * forging.share) if forging else 0
        left = photos - (self._wanted_synthetic if self._synthetic else 0)
        if self._wanted_forged and left - -(-self._wanted_forged // self._people) < 2:
            raise UserError(
                f"of {photos} photographs of a person in a batch, fewer than two are left that are bona fide "
                "and not forged; lower --forge or batch.synthetic_share, or raise batch.photos_per_identity"
            )
        super().__init__(crops=len(rows), batch_size=self._people * photos, unit=photos, seed=seed)

    def __len__(self) -> int:
        return max(1, self.crops // self.batch_size)

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        rng = np.random.default_rng([self._seed, epoch])
        queue: list[int] = []
        for _ in range(len(self)):
            if len(queue) < self._people:
                waiting = set(queue)
                fresh = [
                    int(identity) for identity in rng.permutation(self._identities) if identity not in waiting
                ]
                queue += fresh
            chosen, queue = queue[: self._people], queue[self._people :]
            each, more = divmod(self._wanted_forged, len(chosen))
            parts = [
                self._photographs(identity, each + (place < more), rng)
                for place, identity in enumerate(chosen)
            ]
            yield Chosen(*map(np.concatenate, zip(*parts, strict=True)))

    def _photographs(self, identity: int, forgeries: int, rng: np.random.Generator) -> Chosen:
        synthetic = self._synthetic.get(identity, np.empty(0, np.int64))
        count = self._wanted_synthetic if len(synthetic) else 0
        rows = np.concatenate(
            [_choose(self._bona_fide[identity], self._photos - count, rng), _choose(synthetic, count, rng)]
        )
        forged = np.zeros(self._photos, np.bool_)
        if self._forging and forgeries:
            kept = rows[: self._photos - count - forgeries]
            sources = np.unique(kept[self._forging.forgeable[kept]])
            if len(sources):
                rows[len(kept) : len(kept) + forgeries] = _choose(sources, forgeries, rng)
                forged[len(kept) : len(kept) + forgeries] = True
        return Chosen(rows, forged)


def _rows_by_identity(identities: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    order = rows[np.argsort(identities[rows], kind="stable")]
    found, starts = np.unique(identities[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}


def _choose(rows: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` of the rows, each once before any comes twice."""
    rounds = -(-count // len(rows)) if count else 0
    drawn = [rng.permutation(rows) for _ in range(rounds)]
    return np.concatenate(drawn)[:count] if drawn else rows[:0]
