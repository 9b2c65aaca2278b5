"""From images to the calibrated logits of their faces: cut in worker processes, classified in this one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from align.media.source import ImageSource
from align.media.unreadable import UnreadableImageError
from common.formats.shards import open_shard
from infer.chunks import CHUNK, in_chunks
from infer.classification.align_faces import CutFace, align_faces
from infer.classification.ensemble import Ensemble
from infer.shortcuts import measure_crops, measure_header
from infer.stored_crops import ShardCrop, read_crops

Outcome = list[CutFace] | Rejection


class ScoredFace(NamedTuple):
    """A face of an image, and what the ensemble says of it."""

    logit: float  # calibrated
    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2 in pixels of the image
    measures: Mapping[str, float]  # of the crop, and of the file where there is one; empty unless asked for
    others: int = 0  # faces of the image that are not among these, at the least
    taught: bool = False  # a pseudo-label of it is known to have taught a model


def score_images(
    images: Sequence[ImageSource | ShardCrop],
    ensemble: Ensemble,
    problems: Mapping[int, str] = {},
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    measure: bool = False,
) -> list[list[ScoredFace] | str]:
    """The calibrated logit of each face of each image, the most prominent first, or why there is none.

    The number of workers changes no bit of the result, because what is computed together does not hang on it.

    Args:
        images: photographs in any form, or crops of shards, not both.
        ensemble: what classifies them.
        problems: why images are left alone, by row.
        workers: processes that find and cut faces; by default one per core.
        progress: is called with images done and in all.
        measure: whether the plain measures of each crop, and of its file, are taken as well.

    Raises UserError when a worker dies, and as `Ensemble.logits`.
    """
    found: list[list[ScoredFace] | str] = [problems.get(row, "") for row in range(len(images))]
    usable = [row for row in range(len(images)) if row not in problems]
    skipped = len(images) - len(usable)

    def told(done: int, _: int) -> None:
        progress(skipped + done, len(images))

    for chunk in faces_of([images[row] for row in usable], ensemble, workers, told):
        faces: list[tuple[int, CutFace]] = []
        for place, outcome in chunk.items():
            row = usable[place]
            found[row] = outcome.reason if isinstance(outcome, Rejection) else []
            faces += [] if isinstance(outcome, Rejection) else [(row, face) for face in outcome]
        scored = score_faces([face for _, face in faces], ensemble, measure)
        for (row, _), one in zip(faces, scored, strict=True):
            own = one._replace(measures={**_of_file(images[row]), **one.measures}) if measure else one
            found[row].append(own)  # type: ignore[union-attr]
    return found


def faces_of(
    images: Sequence[ImageSource | ShardCrop],
    ensemble: Ensemble,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[dict[int, Outcome]]:
    """The faces of up to `CHUNK` images at a time, by row, cut as the ensemble takes them; in any order."""
    stored = [image for image in images if isinstance(image, ShardCrop)]
    if stored:
        yield from _stored(stored, len(ensemble.ways), progress)
        return
    align = partial(align_faces, ways=ensemble.ways)
    yield from in_chunks(align, images, ensemble.ways[0], workers, progress)


def score_faces(
    faces: Sequence[CutFace], ensemble: Ensemble, measure: bool, known: NDArray[np.float64] | None = None
) -> list[ScoredFace]:
    """What the ensemble says of each face, and its plain measures if wanted. Raises as `Ensemble.logits`.

    `known` are the calibrated logits, where they were computed together with others.
    """
    if not faces:
        return []
    logits = (ensemble.logits([face.views for face in faces]) if known is None else known).tolist()
    measures: list[dict[str, float]] = [{}] * len(faces)
    if measure:
        columns = measure_crops(
            [face.views[0] for face in faces],
            np.array([face.score for face in faces], np.float32),
            np.array([face.box for face in faces], np.float32),
        )
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        measures = [dict(zip(columns, row, strict=True)) for row in rows]
    return [
        ScoredFace(logit, face.box, own, face.others, ensemble.was_taught(face.views))
        for logit, face, own in zip(logits, faces, measures, strict=True)
    ]


def _of_file(image: ImageSource | ShardCrop) -> dict[str, float]:
    """What the file of a photograph measures; nothing of what is no file, or is one no more."""
    if not isinstance(image, Path):
        return {}
    try:
        return measure_header(image)
    except UnreadableImageError:
        return {}


def _stored(
    crops: Sequence[ShardCrop], ways: int, progress: Callable[[int, int], None]
) -> Iterator[dict[int, Outcome]]:
    done = 0
    for path, shard in groupby(crops, key=lambda crop: crop.shard):
        own = list(shard)  # crops of different shards may differ in size
        with open_shard(path) as file:
            scores, boxes = file["score"][:], file["box"][:]
        for start in range(0, len(own), CHUNK):
            part = own[start : start + CHUNK]
            yield {
                done + place: [CutFace((crop,) * ways, float(scores[one.row]), boxes[one.row])]
                for place, (one, crop) in enumerate(zip(part, read_crops(part), strict=True))
            }
            done += len(part)
            progress(done, len(crops))
