"""How two towers make one embedding, and what each of them said, read back from embeddings."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from scipy import special

from common.models.classifier_checkpoint import Probability

DEFAULT_GAMMA = 1.0
LEAST_GATE = 1e-30  # below which float32 loses the direction of a recogniser's part


class Fusion(BaseModel):
    """f = [g e, √(1 - g²) u]: the embedding e of a recogniser of `features` numbers behind a gate g.

    g = (1 - P)^γ of a classifier's P(synthetic) = sigmoid(logit / temperature), and u a unit vector that two
    different pictures hardly share, so that the cosine of two embeddings is about g g' cos(e, e').
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: int = Field(ge=1, le=16_384)
    gamma: Annotated[FiniteFloat, Field(gt=0, le=100)] = DEFAULT_GAMMA
    temperature: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    synthetic_from: Probability = 0.5  # P(synthetic) from which on the classifier calls a face synthetic

    def at_temperature(self, temperature: float) -> "Fusion":
        """The same with another temperature, and the limit of P(synthetic) that lies at the same logit."""
        logit = self.temperature * float(special.logit(self.synthetic_from))
        limit = float(special.expit(logit / temperature))
        return self.model_copy(update={"temperature": temperature, "synthetic_from": limit})

    def gates(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """The gate of each embedding (N, D), in [0, 1]; 0 for zeros, which stand for no face."""
        lengths: NDArray[np.float64] = np.linalg.norm(vectors[:, : self.features].astype(np.float64), axis=1)
        return lengths.clip(0, 1)

    def gate_at(self, probability: float) -> float:
        """The gate at a P(synthetic), both in [0, 1]."""
        gate: float = (1 - probability) ** self.gamma
        return gate

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """P(synthetic) of each embedding (N, D), in [0, 1]."""
        found: NDArray[np.float64] = 1 - self.gates(vectors) ** (1 / self.gamma)
        return found

    def mean(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """One embedding (D,) for several (N, D) of one person: their mean direction, behind their mean P.

        In a plain mean the unit vectors beside the gates would cancel each other, and open it; and embeddings
        of one face that are not alike would shut it, which would be read as P(synthetic). A mean of gates
        would be that of the bona fide ones alone where γ is large, and open for a face that is mostly forged.
        """
        features = vectors[:, : self.features].mean(axis=0)
        gate = np.float32(self.gate_at(float(self.probabilities(vectors).mean())))
        rest = vectors[0, self.features :]
        parts = (features, gate), (rest, np.sqrt(1 - gate**2))
        found: NDArray[np.float32] = np.concatenate([_of_length(part, length) for part, length in parts])
        return found

    def recogniser_similarities(
        self, first: NDArray[np.float32], second: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """The recogniser's own similarity of pairs of embeddings, (P,) in [-1, 1]; NaN behind shut gates."""
        products = np.einsum(
            "pd,pd->p",
            first[:, : self.features].astype(np.float64),
            second[:, : self.features].astype(np.float64),
        )
        gates = self.gates(first), self.gates(second)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: NDArray[np.float64] = products / gates[0] / gates[1]
        return np.where(np.minimum(*gates) >= LEAST_GATE, found.clip(-1, 1), np.nan)


def _of_length(vector: NDArray[np.float32], length: np.float32) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vector * (length / np.float32(max(float(np.linalg.norm(vector)), 1e-12)))
    return found
