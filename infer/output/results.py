"""Results of `infer pairs`: the scores of all pairs, and the crops of the hardest."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.runtime.version import installed_version
from infer.models.model import ModelCard
from infer.score import Verdict, count_verdicts, verdict_codes, verdict_on


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
