"""From images to the calibrated logits of their faces: cut in worker processes, classified in this one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

from align.crops.aligner import Rejection
from align.media.source import ImageSource
from infer.chunks import CHUNK, in_chunks
from infer.classification.align_faces import Views, align_faces
from infer.classification.ensemble import Ensemble
from infer.stored_crops import ShardCrop, read_crops

Outcome = list[Views] | Rejection


def score_images(
    images: Sequence[ImageSource | ShardCrop],
    ensemble: Ensemble,
    problems: Mapping[int, str] = {},
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[float] | str]:
    """The calibrated logit of each face of each image, the most prominent first, or why there is none.

    The number of workers changes no bit of the result, because what is computed together does not hang on it.

    Args:
        images: photographs in any form, or crops of shards, not both.
        ensemble: what classifies them.
        problems: why images are left alone, by row.
        workers: processes that find and cut faces; by default one per core.
        progress: is called with images done and in all.

    Raises UserError when a worker dies, and as `Ensemble.logits`.
    """
    found: list[list[float] | str] = [problems.get(row, "") for row in range(len(images))]
    usable = [row for row in range(len(images)) if row not in problems]
    skipped = len(images) - len(usable)

    def told(done: int, _: int) -> None:
        progress(skipped + done, len(images))

    for chunk in faces_of([images[row] for row in usable], ensemble, workers, told):
        rows, views = [], []
        for place, outcome in chunk.items():
            row = usable[place]
            if isinstance(outcome, Rejection):
                found[row] = outcome.reason
            else:
                found[row] = []
                rows += [row] * len(outcome)
                views += outcome
        for row, logit in zip(rows, ensemble.logits(views).tolist() if views else [], strict=True):
            found[row].append(logit)  # type: ignore[union-attr]
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


def _stored(
    crops: Sequence[ShardCrop], ways: int, progress: Callable[[int, int], None]
) -> Iterator[dict[int, Outcome]]:
    done = 0
    for _, shard in groupby(crops, key=lambda crop: crop.shard):
        own = list(shard)  # crops of different shards may differ in size
        for start in range(0, len(own), CHUNK):
            pixels = read_crops(own[start : start + CHUNK])
            yield {done + row: [(crop,) * ways] for row, crop in enumerate(pixels)}
            done += len(pixels)
            progress(done, len(crops))
