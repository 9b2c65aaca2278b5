"""Photographs against each other: similarities, verdicts, and the reasons for them in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from align.reasons import NO_FACE
from common.errors import UserError
from infer.examine import Examined
from infer.models.model import Model, Threshold
from infer.score import Verdict, cosines, verdicts

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
DECIMALS = range(2, 18)  # of a similarity in words: as few as tell it from the threshold


@dataclass(frozen=True)
class PairVerdict:
    """The verdict on two of several photographs.

    Attributes:
        first, second: which ones, from 0, first < second.
        similarity: cosine, in [-1, 1]; None where one of them shows no usable face.
        verdict: match where similarity >= threshold, no_face where there is no similarity.
        reasons: why, in words, and then what is doubtful about it; never empty.
    """

    first: int
    second: int
    similarity: float | None
    verdict: Verdict
    reasons: tuple[str, ...]


def threshold_for(model: Model, asked: float | None) -> Threshold:
    """The threshold asked for, or else the model's own.

    Raises UserError where there is none, or where the one asked for is not in [-1, 1].
    """
    if asked is not None:
        if not -1 <= asked <= 1:
            raise UserError(f"--threshold must be from -1 to 1, not {asked}")
        return Threshold(asked, "as asked for")
    if model.threshold is None:
        raise UserError(
            f"{model.card.name} has no threshold of its own; add --threshold, or choose one with "
            "'python -m infer threshold'"
        )
    return model.threshold


def similarity_matrix(examined: Sequence[Examined]) -> NDArray[np.float64]:
    """The cosine similarities of N photographs, (N, N) in [-1, 1], symmetric; NaN where there is no face.

    An entry depends on its two embeddings alone, not on what other photographs there are.
    """
    matrix = np.full((len(examined), len(examined)), np.nan)
    for row, first in enumerate(examined):
        for column, second in enumerate(examined[: row + 1]):
            if first.embedding is not None and second.embedding is not None:
                cosine = cosines(first.embedding[None], second.embedding[None])[0]
                matrix[row, column] = matrix[column, row] = cosine
    return matrix


def verdicts_of(examined: Sequence[Examined], threshold: float) -> list[PairVerdict]:
    """The verdict on every pair, in the order (0, 1), (0, 2), …, (1, 2): accept similarity >= threshold."""
    matrix = similarity_matrix(examined)
    pairs = list(combinations(range(len(examined)), 2))
    similarities = np.array([matrix[pair] for pair in pairs], np.float64)
    found = []
    for pair, cosine, verdict in zip(
        pairs, similarities.tolist(), verdicts(similarities, threshold), strict=True
    ):
        similarity = None if verdict is Verdict.NO_FACE else cosine
        missing = [reason for index in pair for reason in _missing(index, examined[index])]
        doubts = [reason for index in pair for reason in _doubts(index, examined[index])]
        main = missing if similarity is None else [_comparison(similarity, threshold)]
        found.append(PairVerdict(*pair, similarity, verdict, (*main, *doubts)))
    return found


def _comparison(similarity: float, threshold: float) -> str:
    how = "at or above" if similarity >= threshold else "below"
    pair = similarity, threshold
    decimals = next((n for n in DECIMALS if len({f"{value:.{n}f}" for value in pair}) == 2), DECIMALS[0])
    return f"similarity {similarity:.{decimals}f} is {how} the threshold {threshold:.{decimals}f}"


def _missing(index: int, entry: Examined) -> list[str]:
    if entry.problem is None:
        return []
    if entry.problem == NO_FACE:
        return [f"no face was found in {_photograph(index)}"]
    return [f"{_photograph(index)} cannot be used: {entry.problem}"]


def _doubts(index: int, entry: Examined) -> list[str]:
    doubts = [f"in {_photograph(index)} {warning.text}" for warning in entry.warnings]
    if entry.faces_found > 1:
        doubts.append(
            f"{_photograph(index)} shows at least {entry.faces_found} faces; the most prominent one counts"
        )
    return doubts


def _photograph(index: int) -> str:
    return f"the {ORDINALS[index]} photograph" if index < len(ORDINALS) else f"photograph {index + 1}"
