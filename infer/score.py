"""Similarity and verdict of each pair."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from common.atomic import write_text_atomically
from infer.embed import Embeddings
from infer.pairs import Pair

NO_FACE_SIMILARITY = -1.0  # the lowest cosine, in files; in error rates a little less, below any threshold


class Verdict(StrEnum):
    """What a pair is taken for; the value is the one in the CSV."""

    MATCH = "match"  # both bona fide, one person: similarity >= threshold
    NO_MATCH = "no_match"
    NO_FACE = "no_face"  # in one of the photographs no face was found, or it could not be read


@dataclass(frozen=True)
class ScoredPair:
    """A pair and its cosine similarity in [-1, 1]; `NO_FACE_SIMILARITY` where there is none."""

    pair: Pair
    similarity: float
    has_faces: bool

    @property
    def rank(self) -> float:
        """The similarity for error rates: a pair without two faces is below every threshold."""
        return self.similarity if self.has_faces else float(np.nextafter(NO_FACE_SIMILARITY, -np.inf))

    def verdict(self, threshold: float) -> Verdict:
        """The verdict at a threshold: accept similarity >= threshold."""
        if not self.has_faces:
            return Verdict.NO_FACE
        return Verdict.MATCH if self.similarity >= threshold else Verdict.NO_MATCH


def score_pairs(pairs: Sequence[Pair], embeddings: Embeddings) -> list[ScoredPair]:
    """The similarity of each pair, in order."""
    scored = []
    for pair in pairs:
        first, second = embeddings.vectors.get(pair.first), embeddings.vectors.get(pair.second)
        if first is None or second is None:
            scored.append(ScoredPair(pair, NO_FACE_SIMILARITY, has_faces=False))
        else:
            cosine = float(np.clip(np.dot(first, second), -1, 1))
            scored.append(ScoredPair(pair, cosine, has_faces=True))
    return scored


def write_scores(path: Path, scored: Sequence[ScoredPair], threshold: float) -> None:
    """Write `pair_id,similarity,verdict`, one line a pair."""
    rows = [[entry.pair.pair_id, f"{entry.similarity:.6f}", entry.verdict(threshold)] for entry in scored]
    _write_csv(path, ["pair_id", "similarity", "verdict"], rows)


def write_rejects(path: Path, scored: Sequence[ScoredPair], embeddings: Embeddings) -> None:
    """Write `pair_id,image,reason` for every photograph without a usable face."""
    rows = [
        [entry.pair.pair_id, str(image), embeddings.rejected[image]]
        for entry in scored
        for image in (entry.pair.first, entry.pair.second)
        if image in embeddings.rejected
    ]
    _write_csv(path, ["pair_id", "image", "reason"], rows)


def _write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([header, *rows])
    write_text_atomically(path, text.getvalue())
