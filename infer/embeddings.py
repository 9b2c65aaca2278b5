"""From photographs to embeddings: every one is aligned and embedded once, however many pairs it is in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection, align_photographs
from align.crops.options import AlignOptions
from align.media.source import ImageSource
from common.runtime.device import Device
from infer.chunks import CHUNK, in_chunks
from infer.cropping import options_for
from infer.models.model import FaceModel, Model
from infer.stored_crops import ShardCrop, read_crops, refuse_other_crops


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of I photographs, and why others have none.

    Attributes:
        vectors: (I, D) float32 of unit length, zero where there is no usable face.
        rejected: why there is none, by row.
    """

    vectors: NDArray[np.float32]
    rejected: dict[int, str]

    @property
    def has_face(self) -> NDArray[np.bool_]:
        """(I,) whether there is an embedding."""
        found = np.ones(len(self.vectors), np.bool_)
        found[list(self.rejected)] = False
        return found


def embed_images(
    images: Sequence[ImageSource | ShardCrop],
    model: Model,
    aligned: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Embeddings:
    """Align distinct images with the code of stage 1 and embed them, crop and mirror image averaged.

    Worker processes align, the model embeds in this one at the same time. Up to `CHUNK` images are done
    without workers, whose start takes longer. The number of workers changes no bit of the result.

    Args:
        images: photographs in any form, or crops of shards, which are read as they are.
        model: what embeds them.
        aligned: they are crops already; one of another size than the model's is resized.
        workers: processes; by default one per core.
        progress: is called with images done and in all.

    Raises UserError when a worker dies or an embedding is not finite, and as `aligned_images`.
    """
    vectors = np.zeros((len(images), model.card.embedding_size), np.float32)
    rejected: dict[int, str] = {}
    for crops, reasons in aligned_images(images, model, aligned, workers, progress):
        if crops:
            vectors[list(crops)] = model.embed(np.stack(list(crops.values())))
        rejected |= reasons
    return Embeddings(vectors, dict(sorted(rejected.items())))


def aligned_images(
    images: Sequence[ImageSource | ShardCrop],
    model: FaceModel,
    aligned: bool,
    workers: int | None,
    progress: Callable[[int, int], None],
) -> Iterator[tuple[dict[int, NDArray[np.uint8]], dict[int, str]]]:
    """The crops of up to `CHUNK` images at a time, and the reasons of those that have none, by row.

    In any order of chunks, each always of the same images. Raises UserError when a worker dies, and for crops
    of shards that are not cut as the model takes them.
    """
    stored = [image for image in images if isinstance(image, ShardCrop)]
    if stored:
        yield from _stored_crops(stored, model, progress)
        return
    options = align_options(model, aligned)
    align = partial(align_photographs, options=options)
    for rows in in_chunks(align, images, options, workers, progress):
        yield (
            {row: outcome.image for row, outcome in rows.items() if not isinstance(outcome, Rejection)},
            {row: outcome.reason for row, outcome in rows.items() if isinstance(outcome, Rejection)},
        )


def few_crops(
    images: Sequence[ImageSource | ShardCrop], model: FaceModel, aligned: bool, blank: int = 0
) -> NDArray[np.uint8]:
    """The crops of some images, (N, S, S, 3) uint8 RGB, in this process; `blank` everywhere without a face.

    Raises UserError as `aligned_images`.
    """
    crops = np.full((len(images), model.size, model.size, 3), blank, np.uint8)
    for found, _ in aligned_images(images, model, aligned, 1, lambda done, total: None):
        for row, crop in found.items():
            crops[row] = crop
    return crops


def _stored_crops(
    crops: Sequence[ShardCrop], model: FaceModel, progress: Callable[[int, int], None]
) -> Iterator[tuple[dict[int, NDArray[np.uint8]], dict[int, str]]]:
    refuse_other_crops(dict.fromkeys(crop.shard for crop in crops), model)
    for start in range(0, len(crops), CHUNK):
        found = read_crops(crops[start : start + CHUNK])
        yield dict(enumerate(found, start)), {}
        progress(start + len(found), len(crops))


def align_options(model: FaceModel, aligned: bool) -> AlignOptions:
    """How photographs, or images that are crops already, become what a model takes."""
    options = options_for(model.crops, model.size, aligned)
    return replace(options, device=Device.CPU) if model.asked_device is Device.CPU else options
