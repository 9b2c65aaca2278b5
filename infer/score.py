"""Similarity and verdict of each pair."""

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from align.crops.reasons import ReasonKind, kind_of
from infer.embeddings import Embeddings

CHUNK = 65_536  # pairs at one time
UNDECIDED = -1  # in the place of the code of a verdict: compared, but no threshold is known


class Verdict(StrEnum):
    """Verdicts on a pair; the value is the one in files. The last three were never compared."""

    MATCH = "match"  # similarity >= threshold; what that says of synthetic faces: `infer.claims`
    NO_MATCH = "no_match"
    NO_FACE = "no_face"  # in one of the photographs no usable face was found
    NO_IMAGE = "no_image"  # one of the files is no image, or cannot be read
    NO_FILE = "no_file"  # one of the files is not there

    @property
    def is_compared(self) -> bool:
        """Whether there is a similarity; error rates are of such pairs alone."""
        return self in (Verdict.MATCH, Verdict.NO_MATCH)


VERDICTS = tuple(Verdict)  # by code: of two reasons why a pair was not compared the higher one is told
_WITHOUT_SCORE = {
    ReasonKind.NO_SUCH_FILE: Verdict.NO_FILE,
    ReasonKind.CANNOT_BE_READ: Verdict.NO_IMAGE,
    ReasonKind.NO_IMAGE: Verdict.NO_IMAGE,
    ReasonKind.OTHER: Verdict.NO_IMAGE,
    ReasonKind.TURNED: Verdict.NO_FACE,
    ReasonKind.NO_FACE: Verdict.NO_FACE,
}
_LEAST = VERDICTS.index(Verdict.NO_FACE)


def similarities(members: NDArray[np.int64], embeddings: Embeddings) -> NDArray[np.float64]:
    """The cosine similarity of pairs, (P,) in [-1, 1]; NaN for those without two faces.

    `members` is (P, 2), rows of the embeddings.
    """
    found = np.empty(len(members), np.float64)
    for start in range(0, len(members), CHUNK):
        first, second = members[start : start + CHUNK].T
        found[start : start + CHUNK] = cosines(embeddings.vectors[first], embeddings.vectors[second])
    faces = embeddings.has_face[members].all(axis=1)
    return np.where(faces, found, np.nan)


def cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """The cosine similarity of each row of `first` and the row of `second`, (P, D) of unit length, to (P,).

    In [-1, 1], and the same bits whatever other rows there are.
    """
    products = np.einsum("pd,pd->p", first.astype(np.float64), second.astype(np.float64))
    similarity: NDArray[np.float64] = products.clip(-1, 1)
    return similarity


def verdict_on(similarity: float, threshold: float | None, reasons: Iterable[str]) -> Verdict | None:
    """The verdict on one pair: accept similarity >= threshold; None where no threshold is known.

    Without a similarity (NaN) it is the gravest of the `reasons` why photographs have no usable face.
    """
    if math.isnan(similarity):
        return VERDICTS[max((_code_of(reason) for reason in reasons), default=_LEAST)]
    if threshold is None:
        return None
    return Verdict.MATCH if similarity >= threshold else Verdict.NO_MATCH


def verdict_codes(
    similarity: NDArray[np.float64],
    members: NDArray[np.int64],
    rejected: Mapping[int, str],
    threshold: float | None,
) -> NDArray[np.int8]:
    """(P,) verdicts as positions in `VERDICTS`, or `UNDECIDED`; each is that of `verdict_on`.

    Args:
        similarity: (P,) in [-1, 1], NaN for pairs that were not compared.
        members: (P, 2) photographs of the pairs.
        rejected: why photographs have no usable face.
        threshold: None where it is not known.
    """
    if threshold is None:
        codes = np.full(len(similarity), UNDECIDED, np.int8)
    else:
        codes = (similarity < threshold).astype(np.int8)  # 0 is MATCH, 1 NO_MATCH
    missing = np.flatnonzero(np.isnan(similarity))
    lacking = members[missing]
    of_photograph = np.full(int(lacking.max(initial=-1)) + 1, _LEAST, np.int8)
    for row, reason in rejected.items():
        if row < len(of_photograph):
            of_photograph[row] = _code_of(reason)
    codes[missing] = of_photograph[lacking].max(axis=1, initial=_LEAST)
    return codes


def verdict_on_reason(reason: str) -> Verdict:
    """The verdict on a pair with a photograph that was rejected for this reason."""
    return _WITHOUT_SCORE[kind_of(reason)]


def _code_of(reason: str) -> int:
    return VERDICTS.index(verdict_on_reason(reason))


def count_verdicts(codes: NDArray[np.int8]) -> dict[Verdict, int]:
    """How often each verdict was given, those that were not left out; codes as of `verdict_codes`."""
    counts = np.bincount(codes[codes >= 0], minlength=len(VERDICTS)).tolist()
    return {verdict: count for verdict, count in zip(VERDICTS, counts, strict=True) if count}
