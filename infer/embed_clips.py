"""Videos embedded as photographs are: the mean of the best frames of whoever is most prominent."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from infer.best_frames import best_frames_of
from infer.chunks import in_chunks
from infer.embeddings import align_options
from infer.models.model import Model
from infer.one_person import mean_of


class EmbeddedClip(NamedTuple):
    """The embedding of a video."""

    vector: NDArray[np.float32]  # (D,) of unit length
    frames: list[tuple[int, float]]  # number and seconds of those that are averaged, in order


def embed_clips(
    videos: Mapping[int, Path],
    model: Model,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[tuple[int, EmbeddedClip | Rejection]]:
    """The embedding of each video, or why there is none, by row, in order.

    The number of workers changes no bit of it. Raises UserError when a worker dies, and for an embedding that
    is not finite.
    """
    rows, found = list(videos), {}
    options = align_options(model, aligned=False)
    best = partial(best_frames_of, options=options)
    for chunk in in_chunks(best, list(videos.values()), options, workers, progress, chunk=1):
        for place, outcome in chunk.items():
            found[rows[place]] = (
                outcome
                if isinstance(outcome, Rejection)
                else EmbeddedClip(
                    mean_of(model.embed(outcome.crops), model.card.fusion),
                    sorted(zip(outcome.frame, outcome.seconds, strict=True)),
                )
            )
    yield from sorted(found.items())
