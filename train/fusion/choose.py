"""γ, temperature and threshold of a fused encoder, chosen on pairs of people held out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from common.metrics.calibration import Temperature, fit_temperature
from common.models.fused.fusion import Fusion

GAMMAS = (0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


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


@dataclass(frozen=True)
class Chosen:
    """What was chosen, and the error rates on the pairs it was chosen on.

    Attributes:
        fusion: with γ and temperature.
        before: of the recogniser alone.
        after: with intervals; its threshold is that of the EER.
        temperature: with the doubt about it, if any.
    """

    fusion: Fusion
    before: VerificationReport
    after: VerificationReport
    temperature: Temperature

    @property
    def doubts(self) -> list[str]:
        """What speaks against it, for people."""
        notes = [self.temperature.doubt] if self.temperature.doubt else []
        if self.fusion.gamma in (GAMMAS[0], GAMMAS[-1]):
            notes.append(
                f"γ is at the end of what is tried, {self.fusion.gamma:g}: the gate is of little use"
            )
        return notes


def choose(said: Said, start: Fusion) -> Chosen:
    """The γ of the least EER over all pairs, at the temperature of the least log loss of these crops.

    Of equal ones it is that nearest to 1. Without synthetic pairs γ stays that of `start`, and so does the
    temperature without synthetic crops.
    """
    temperature = fit_temperature(said.synthetic, said.logits)
    if said.synthetic.any():
        start = start.at_temperature(temperature.value)
    before = evaluate_pairs(said.categories, said.similarity)
    fusions = [start]
    if (said.categories == PairCategory.SYNTHETIC.code).any():
        order = sorted(GAMMAS, key=lambda gamma: abs(np.log(gamma)))
        fusions = [start.model_copy(update={"gamma": gamma}) for gamma in order]
    reports = [evaluate_pairs(said.categories, said.scores(fusion)) for fusion in fusions]
    best = int(np.argmin([report.eer for report in reports]))
    after = with_intervals(reports[best], said.categories, said.scores(fusions[best]), said.people)
    return Chosen(fusions[best], before, after, temperature)
