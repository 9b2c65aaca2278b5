"""Pairs that were not compared: how their number is told, and the refusal where no pair was."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.reasons import ReasonKind, kind_of
from common.runtime.command_line import printable
from common.runtime.errors import UserError
from infer.pair_sets.pair_set import Image
from infer.score import Verdict

WORDS = {
    Verdict.NO_FILE: "no such file",
    Verdict.NO_IMAGE: "not an image, or one that cannot be read",
    Verdict.NO_FACE: "no usable face",
}


def tell_uncompared(counts: Mapping[Verdict, int]) -> str:
    """How many pairs were not compared for which kind of reason: `3 no such file, 1 no usable face`."""
    told = ((counts.get(verdict, 0), words) for verdict, words in WORDS.items())
    return ", ".join(f"{count:,} {words}" for count, words in told if count)


def refuse_without_scores(
    source: str,
    images: Sequence[Image],
    similarity: NDArray[np.float64],
    rejected: Mapping[int, str],
) -> None:
    """Raise UserError where no pair was compared: how many photographs lack what, and the first of each kind.

    Args:
        source: of the pairs, for people.
        images: (I,) files, or the bytes of images.
        similarity: (P,) NaN for pairs that were not compared.
        rejected: why images have no usable face, by row.
    """
    if not np.isnan(similarity).all():
        return
    by_kind: dict[ReasonKind, list[int]] = {}
    for row, reason in sorted(rejected.items()):
        by_kind.setdefault(kind_of(reason), []).append(row)
    missing = by_kind.pop(ReasonKind.NO_SUCH_FILE, [])
    told = []
    if missing:
        told.append(f"{len(missing):,} files are missing (looked for first: {_place(images[missing[0]])})")
    for rows in by_kind.values():
        told.append(f"{len(rows):,} × {rejected[rows[0]]} (the first: {_place(images[rows[0]])})")
    advice = "check the paths, or name their folder with --images" if missing else "name other pairs"
    raise UserError(
        f"none of the {len(similarity):,} pairs of {printable(source)} could be compared; of {len(images):,} "
        f"photographs {', '.join(told)}; {advice}"
    )


def _place(image: Image) -> str:
    return printable(str(image)) if isinstance(image, Path) else "in the set itself"
