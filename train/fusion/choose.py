"""γ, temperature and threshold of a fused encoder, chosen on pairs of people held out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from common.metrics.calibration import NO_TEMPERATURE, Temperature, fit_temperature
from common.models.fused.fusion import Fusion

GAMMAS = tuple(2.0 ** (step / 2) for step in range(-8, 9))  # 1/16 to 16


@dataclass(frozen=True)
class Said:
    """What the parts of a fused encoder say of P pairs of N crops.

    Attributes:
        similarity, scattered: (P,) the cosines of the recogniser's embeddings, and of the unit vectors.
        logits: (N,) of the classifier.
        synthetic: (N,) bool.
        positions: (P, 2) crops of the pairs.
        categories: (P,) `PairCategory.code`.
        people: (P, 2) identities, for intervals that resample them.
    """

    similarity: NDArray[np.float64]
    scattered: NDArray[np.float64]
    logits: NDArray[np.float64]
    synthetic: NDArray[np.bool_]
    positions: NDArray[np.int64]
    categories: NDArray[np.int8]
    people: NDArray[np.int64]

    def scores(self, fusion: Fusion) -> NDArray[np.float64]:
        """The cosines (P,) of fused embeddings, in [-1, 1]."""
        gates = expit(-self.logits / fusion.temperature) ** fusion.gamma
        first, second = gates[self.positions].T
        rest = np.sqrt((1 - first**2) * (1 - second**2))
        found: NDArray[np.float64] = first * second * self.similarity + rest * self.scattered
        return found.clip(-1, 1)

    def less_sure(self, sureness: float) -> "Said":
        """The same with logits of synthetic crops nearer to the median of bona fide ones, by this share."""
        middle = float(np.median(self.logits[~self.synthetic]))
        nearer = np.minimum(middle + sureness * (self.logits - middle), self.logits)
        return replace(self, logits=np.where(self.synthetic, nearer, self.logits))


@dataclass(frozen=True)
class Chosen:
    """What was chosen, and the error rates on the pairs it was chosen on.

    Attributes:
        fusion: with γ and temperature.
        before: of the recogniser alone.
        after: with intervals; its threshold is that of the EER.
        alone: with the γ of the least EER on these pairs, were all forgeries such as these.
        least: of that.
        temperature: with the doubt about it, if any.
    """

    fusion: Fusion
    before: VerificationReport
    after: VerificationReport
    alone: Fusion
    least: VerificationReport
    temperature: Temperature

    @property
    def doubts(self) -> list[str]:
        """What speaks against it, for people."""
        notes = [self.temperature.doubt] if self.temperature.doubt else []
        if self.fusion.gamma == GAMMAS[0]:
            notes.append(f"γ is the least that is tried, {GAMMAS[0]:g}: the gate is of little use")
        if self.fusion.gamma == GAMMAS[-1]:
            notes.append(f"γ is the largest that is tried, {GAMMAS[-1]:g}; a larger one may be better")
        return notes


def choose(said: Said, start: Fusion, sureness: float = 1.0) -> Chosen:
    """The γ of the least EER over all pairs, at the temperature of the least log loss of these crops.

    A classifier is less sure of forgeries by methods that it does not know, and a gate that is chosen on
    known ones would stay open for them: γ is the best one as if synthetic crops were found so much less
    surely, see `Said.less_sure`. Of equal ones it is that nearest to 1. Without synthetic pairs γ stays that
    of `start`, and so does the temperature where these crops do not tell one.
    """
    temperature = fit_temperature(said.synthetic, said.logits)
    if temperature.value != NO_TEMPERATURE or not temperature.doubt:
        start = start.at_temperature(temperature.value)
    before = evaluate_pairs(said.categories, said.similarity)
    fusions = [start]
    if (said.categories == PairCategory.SYNTHETIC.code).any():
        order = sorted(GAMMAS, key=lambda gamma: abs(np.log(gamma)))
        fusions = [start.model_copy(update={"gamma": gamma}) for gamma in order]
    known = _reports(said, fusions)
    unknown = _reports(said.less_sure(sureness), fusions) if len(fusions) > 1 and sureness < 1 else known
    best, alone = _least(unknown), _least(known)
    after = with_intervals(known[best], said.categories, said.scores(fusions[best]), said.people)
    return Chosen(fusions[best], before, after, fusions[alone], known[alone], temperature)


def _reports(said: Said, fusions: Sequence[Fusion]) -> list[VerificationReport]:
    return [evaluate_pairs(said.categories, said.scores(fusion)) for fusion in fusions]


def _least(reports: Sequence[VerificationReport]) -> int:
    return int(np.argmin([report.eer for report in reports]))
