"""Verdicts on photographs that are compared with each other, and the reasons for them in words."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from align.crops.options import is_number
from align.crops.reasons import NO_FACE
from common.formats.shards import Alignment
from common.models.fused.fusion import Fusion
from common.runtime.errors import ParameterError, UserError
from common.runtime.wording import told_apart
from infer.examine import Examined
from infer.models.model import FaceModel, Model, Threshold
from infer.score import Verdict, cosines, verdict_on
from infer.two_towers import called_synthetic, tower_reasons, tower_scores, who_spoke

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True)
class PairVerdict:
    """The verdict on two of several photographs.

    Attributes:
        first, second: which ones, from 0, first < second.
        similarity: cosine, in [-1, 1]; None where one of them shows no usable face.
        verdict: match where similarity >= threshold; None where there is a similarity but no threshold.
        why: in words, never empty.
        doubts: what is doubtful about the photographs, in words.
        called_synthetic: whether the classifier of a fused encoder calls a photograph synthetic.
    """

    first: int
    second: int
    similarity: float | None
    verdict: Verdict | None
    why: tuple[str, ...]
    doubts: tuple[str, ...]
    called_synthetic: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, and then what is doubtful about it."""
        return self.why + self.doubts


def known_threshold(model: FaceModel | None, asked: float | None) -> Threshold | None:
    """The threshold asked for, or else the model's own; None where there is none, or no model.

    Raises UserError where the one asked for is not in [-1, 1].
    """
    if asked is None:
        return model.threshold if model else None
    if not (is_number(asked) and -1 <= asked <= 1):
        raise ParameterError("{threshold} must be from -1 to 1, not {}", asked)
    return Threshold(asked, "as asked for")


def threshold_for(model: Model, asked: float | None) -> Threshold:
    """The threshold asked for, or else the model's own; raises UserError where there is none."""
    found = known_threshold(model, asked)
    if found is None:
        raise UserError(f"{model.card.name} has no threshold of its own; {how_to_get_a_threshold(model)}")
    return found


def how_to_get_a_threshold(model: FaceModel) -> str:
    """What to do where no threshold is known, as the end of a sentence."""
    if model.file is None:
        return "add --threshold"
    return (
        "add --threshold, or choose one, once and for all, on a folder per person or labelled pairs: "
        f"python -m infer threshold PAIRS --fmr 0.01 --model {shlex.quote(model.card.name)}"
    )


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


def verdicts_of(
    examined: Sequence[Examined], threshold: float | None, fusion: Fusion | None = None
) -> list[PairVerdict]:
    """The verdict on every pair, in the order (0, 1), (0, 2), …, (1, 2): accept similarity >= threshold.

    Without a threshold there are similarities alone. `fusion` is that of a fused encoder, whose reasons say
    which tower speaks against a pair.
    """
    matrix = similarity_matrix(examined)
    found = []
    for pair in combinations(range(len(examined)), 2):
        problems = [examined[index].problem or "" for index in pair if examined[index].problem]
        similarity, called = None if problems else float(matrix[pair]), False
        why = [reason for index in pair for reason in _missing(index, examined[index])]
        if similarity is not None:
            why = [_comparison(similarity, threshold)]
            if fusion is not None:
                reasons, called = _towers(pair, examined, similarity, threshold, fusion)
                why += reasons
            why += [told for index in pair if (told := _averaged(index, examined[index]))]
        doubts = tuple(reason for index in pair for reason in _doubts(index, examined[index]))
        verdict = verdict_on(float(matrix[pair]), threshold, problems)
        found.append(PairVerdict(*pair, similarity, verdict, tuple(why), doubts, called))
    return found


def _comparison(similarity: float, threshold: float | None) -> str:
    if threshold is None:
        return f"similarity {similarity:.2f}, and no threshold is known"
    how = "at or above" if similarity >= threshold else "below"
    told, limit = told_apart(similarity, threshold)
    return f"similarity {told} is {how} the threshold {limit}"


def _towers(
    pair: tuple[int, ...],
    examined: Sequence[Examined],
    similarity: float,
    threshold: float | None,
    fusion: Fusion,
) -> tuple[list[str], bool]:
    """What the towers say against a pair, and whether the classifier calls a photograph synthetic."""
    found = [embedding for index in pair if (embedding := examined[index].embedding) is not None]
    members = np.array([[0, 1]])
    said = tower_scores(fusion, np.stack(found), np.ones(2, np.bool_), members)
    (spoke,) = who_spoke(np.array([similarity]), said, members, threshold, fusion).tolist()
    names = [_which(index, examined[index]) for index in pair]
    reasons = tower_reasons(spoke, float(said.similarity[0]), said.synthetic.tolist(), names, fusion)
    return reasons, bool(called_synthetic(said.synthetic, fusion).any())


def _averaged(index: int, entry: Examined) -> str:
    return f"{_which(index, entry)}: {entry.clip.told()}" if entry.clip else ""


def _missing(index: int, entry: Examined) -> list[str]:
    if entry.problem is None:
        return []
    if entry.problem == NO_FACE:
        return [f"no face was found in {_which(index, entry)}"]
    return [f"{_which(index, entry)} cannot be used: {entry.problem}"]


def _doubts(index: int, entry: Examined) -> list[str]:
    which, clip = _which(index, entry), entry.clip
    inside = f"the best frame of {which}" if clip else which
    doubts = [f"in {inside} {warning.text}" for warning in entry.warnings]
    if entry.face is not None and entry.face.turned:
        doubts.append(f"{inside} was turned {entry.face.turned} degrees clockwise to stand upright")
    if entry.face is not None and entry.face.alignment is Alignment.TRUNCATED:
        doubts.append(f"the file of {which} lacks its end")
    if entry.faces_found > 1:
        shown = f"{entry.faces_found} people" if clip else f"{entry.faces_found} faces"
        counts = "whoever is the most prominent one in most frames" if clip else "the most prominent one"
        doubts.append(f"{which} shows at least {shown}; {counts} counts")
    return doubts


def _which(index: int, entry: Examined) -> str:
    kind = "video" if entry.clip else "photograph"
    return f"the {ORDINALS[index]} {kind}" if index < len(ORDINALS) else f"{kind} {index + 1}"
