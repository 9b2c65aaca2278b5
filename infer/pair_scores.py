"""The similarities of pairs of photographs: of embeddings, or of two crops at a time."""

from collections.abc import Callable, Sequence
from tempfile import TemporaryFile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infer.embeddings import aligned_images, embed_images
from infer.models.model import FaceModel, Model
from infer.models.pair_model import PairModel
from infer.pair_sets.pair_set import Image, PairSet
from infer.score import similarities
from infer.two_towers import TowerScores, tower_scores

AT_ONCE = 1024  # pairs, whose crops are read from the disk


class Scored(NamedTuple):
    """What came of P pairs of I images."""

    similarity: NDArray[np.float64]  # (P,) NaN without two faces
    rejected: dict[int, str]  # why images have no usable face, by row
    towers: TowerScores | None = None  # of a fused encoder


def score_pairs(
    images: Sequence[Image],
    members: NDArray[np.int64],
    model: FaceModel,
    aligned: bool,
    workers: int | None,
    progress: Callable[[int, int], None],
) -> Scored:
    """The similarities of pairs, and why images have none.

    Args:
        images, aligned, workers: see `embed_images`.
        members: (P, 2) rows of the images.
        model: an encoder, whose similarities are cosines, or a network of pairs, which sees each pair.
        progress: is called with what is done and in all: images, and of a network of pairs the pairs as well.

    Raises UserError as `embed_images`, and as `PairModel.compare`.
    """
    if isinstance(model, Model):
        embeddings = embed_images(images, model, aligned, workers, progress)
        fusion, towers = model.card.fusion, None
        if fusion is not None:
            towers = tower_scores(fusion, embeddings.vectors, embeddings.has_face, members)
        return Scored(similarities(members, embeddings), embeddings.rejected, towers)
    assert isinstance(model, PairModel)
    total, rejected = len(images) + len(members), dict[int, str]()
    with TemporaryFile() as file:  # many crops are more than the memory holds
        crops = np.memmap(file, np.uint8, "w+", shape=(len(images), model.size, model.size, 3))
        for found, reasons in aligned_images(
            images, model, aligned, workers, lambda done, _: progress(done, total)
        ):
            for row, crop in found.items():
                crops[row] = crop
            rejected |= reasons
        has_face = np.ones(len(images), np.bool_)
        has_face[list(rejected)] = False
        scores = np.full(len(members), np.nan)
        for start in range(0, len(members), AT_ONCE):
            part = start + np.flatnonzero(has_face[members[start : start + AT_ONCE]].all(axis=1))
            first, second = members[part].T
            scores[part] = model.compare(crops[first], crops[second])
            progress(len(images) + min(start + AT_ONCE, len(members)), total)
    return Scored(scores, dict(sorted(rejected.items())))


def cost_note(pair_set: PairSet, model: FaceModel) -> str | None:
    """What a network of pairs costs here, for people; None for an encoder."""
    if isinstance(model, Model):
        return None
    pairs, images = len(pair_set.members), len(pair_set.images)
    return (
        f"a network of pairs has no embeddings: each of {pairs:,} pairs costs two passes, one an order, "
        f"where an encoder has one for each of {images:,} photographs"
    )
