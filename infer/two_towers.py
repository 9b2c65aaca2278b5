"""Which of the two towers of a fused encoder spoke: who it is, or whether the face is bona fide."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from common.models.fused.fusion import Fusion

CHUNK = 65_536  # pairs at one time


class Spoke(StrEnum):
    """Why a fused encoder accepts no pair; the value is the one in files."""

    OTHER_PERSON = "other_person"  # the recogniser alone would reject it
    SYNTHETIC = "synthetic"  # it would accept it, and the gate of a photograph is shut
    BOTH = "both"  # it would reject it, and the classifier calls a photograph synthetic


@dataclass(frozen=True)
class TowerScores:
    """What the towers say of P pairs of I images.

    Attributes:
        similarity: (P,) the recogniser's own, in [-1, 1]; NaN for pairs that were not compared, and where a
            gate is shut so far that it cannot be read back.
        synthetic: (I,) P(synthetic), in [0, 1]; NaN for images without a face.
    """

    similarity: NDArray[np.float64]
    synthetic: NDArray[np.float64]


def tower_scores(
    fusion: Fusion, vectors: NDArray[np.float32], has_face: NDArray[np.bool_], members: NDArray[np.int64]
) -> TowerScores:
    """What the towers say, read back from embeddings (I, D) for pairs (P, 2) of their rows."""
    own = np.empty(len(members))
    for start in range(0, len(members), CHUNK):
        first, second = members[start : start + CHUNK].T
        own[start : start + CHUNK] = fusion.recogniser_similarities(vectors[first], vectors[second])
    synthetic = np.where(has_face, fusion.probabilities(vectors), np.nan)
    return TowerScores(np.where(has_face[members].all(axis=1), own, np.nan), synthetic)


def who_spoke(
    similarity: NDArray[np.float64],
    towers: TowerScores,
    members: NDArray[np.int64],
    threshold: float | None,
    fusion: Fusion,
) -> NDArray[np.str_]:
    """Which tower rejects each pair, (P,) values of `Spoke`; empty for those accepted, or not compared.

    Args:
        similarity: (P,) of the fused embeddings, NaN for pairs that were not compared.
        towers: of these pairs.
        members: (P, 2) images of the pairs.
        threshold: accept similarity >= threshold; None where none is known, and nothing is rejected.
        fusion: of the encoder.
    """
    limit = np.nan if threshold is None else threshold
    rejected, other = similarity < limit, towers.similarity < limit  # never of NaN
    called = called_synthetic(towers.synthetic, fusion)[members].any(axis=1)
    chosen = np.where(~other, Spoke.SYNTHETIC, np.where(called, Spoke.BOTH, Spoke.OTHER_PERSON))
    return np.where(rejected, chosen, "")


def called_synthetic(synthetic: NDArray[np.float64], fusion: Fusion) -> NDArray[np.bool_]:
    """Which images the classifier calls synthetic by their P(synthetic), whatever a pair of them came to."""
    return synthetic >= fusion.synthetic_from  # never of NaN


def tower_reasons(
    spoke: str, own: float, synthetic: Sequence[float], names: Sequence[str], fusion: Fusion
) -> list[str]:
    """What the towers say against a pair, in words, of an accepted one as well; empty where that is nothing.

    `spoke` is what `who_spoke` says of it, and `names` are the two photographs: "the first photograph".
    """
    called = called_synthetic(np.array(synthetic), fusion).tolist()
    reasons = []
    if spoke in (Spoke.OTHER_PERSON, Spoke.BOTH):
        reasons.append(f"other person: the recogniser alone gives {own:.2f}")
    reasons += [
        f"{name} is synthetic, P = {likely:.2f}"
        for name, likely, is_called in zip(names, synthetic, called, strict=True)
        if is_called
    ]
    if spoke == Spoke.SYNTHETIC and not any(called):  # a gate may shut below the classifier's limit
        most = int(np.argmax(synthetic))
        gate = fusion.gate_at(synthetic[most])
        left = "nothing of the similarity" if np.isnan(own) else f"{gate:.2f} of the recogniser's {own:.2f}"
        reasons.append(f"{names[most]} may be synthetic, P = {synthetic[most]:.2g}, which leaves {left}")
    return reasons
