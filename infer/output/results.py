"""Results of `infer pairs`: the scores of all pairs, and the crops of the hardest."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.runtime.version import installed_version
from infer.models.model import ModelCard
from infer.score import Verdict, count_verdicts, verdict_codes, verdict_on
from infer.two_towers import TowerScores, called_synthetic, who_spoke


@dataclass(frozen=True)
class HardPairs:
    """Pairs that a report shows: of each category those nearest to a wrong verdict, or farthest beyond it.

    Attributes:
        rows: (K,) int64, of the pairs.
        crops: (K, 2, S, S, 3) uint8 RGB, black where there is no face.
    """

    rows: NDArray[np.int64]
    crops: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True)
class Results:
    """P scored pairs of I photographs.

    Attributes:
        name, source, has_labels, ids, image_names, members, categories: as in `PairSet`.
        similarity: (P,) float64 in [-1, 1], NaN for pairs that were not compared, since one of the
            photographs has no usable face; they take part in no figure.
        rejected: reason by row of `image_names`.
        threshold: that the verdicts were taken at; None where none is known, and there are no verdicts.
        threshold_source: where it comes from, for people; empty without one.
        threshold_doubts: sentences on why it, or the errors at it, are not to be relied on.
        notes: sentences on the pairs, such as how many are of a kind that makes a figure look good.
        card: the model.
        hard: empty where nothing was kept.
        made_with: the version of facetrust; empty where it runs without being installed.
        towers: what both towers of a fused encoder say; None for others.
    """

    name: str
    source: str
    ids: list[str] = field(repr=False)
    image_names: list[str] = field(repr=False)
    members: NDArray[np.int64] = field(repr=False)
    categories: NDArray[np.int8] = field(repr=False)
    has_labels: bool
    similarity: NDArray[np.float64] = field(repr=False)
    rejected: dict[int, str] = field(repr=False)
    threshold: float | None
    threshold_source: str
    card: ModelCard
    hard: HardPairs
    made_with: str = field(default_factory=installed_version)
    threshold_doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    towers: TowerScores | None = field(default=None, repr=False)

    @property
    def rejected_by(self) -> NDArray[np.str_]:
        """(P,) which tower of a fused encoder rejects each pair, see `who_spoke`; empty of other models."""
        if self.towers is None or self.card.fusion is None:
            return np.full(len(self.ids), "")
        return who_spoke(self.similarity, self.towers, self.members, self.threshold, self.card.fusion)

    @property
    def accepted_called(self) -> NDArray[np.bool_]:
        """(P,) bool, pairs that match though a fused encoder's classifier calls a photograph synthetic."""
        if self.towers is None or self.card.fusion is None or self.threshold is None:
            return np.zeros(len(self.ids), np.bool_)
        called = called_synthetic(self.towers.synthetic, self.card.fusion)[self.members].any(axis=1)
        found: NDArray[np.bool_] = called & (self.similarity >= self.threshold)
        return found

    @property
    def tower_columns(self) -> dict[str, NDArray[Any]]:
        """What the table of scores says of both towers, (P,) each by its name; of other models none."""
        if self.towers is None:
            return {}
        first, second = self.towers.synthetic[self.members].T
        return {
            "rejected_by": self.rejected_by,
            "recogniser_similarity": self.towers.similarity,
            "p_synthetic0": first,
            "p_synthetic1": second,
        }

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(P,) bool, whether a pair has a label."""
        return self.categories >= 0

    @property
    def compared(self) -> NDArray[np.bool_]:
        """(P,) bool, whether it has a score."""
        return ~np.isnan(self.similarity)

    @property
    def measured(self) -> NDArray[np.bool_]:
        """(P,) the pairs that error rates are of: compared, and it is known what they show."""
        return self.labelled & self.compared

    @property
    def verdict_codes(self) -> NDArray[np.int8]:
        """(P,) see `infer.score.verdict_codes`."""
        return verdict_codes(self.similarity, self.members, self.rejected, self.threshold)

    @property
    def uncompared(self) -> dict[Verdict, int]:
        """How many pairs were not compared, by the kind of reason."""
        counts = count_verdicts(self.verdict_codes)
        return {verdict: count for verdict, count in counts.items() if not verdict.is_compared}

    def verdict_on(self, row: int) -> Verdict | None:
        """The verdict on one pair, None where it was compared and no threshold is known."""
        reasons = [self.rejected[image] for image in self.members[row].tolist() if image in self.rejected]
        return verdict_on(float(self.similarity[row]), self.threshold, reasons)
