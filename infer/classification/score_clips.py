"""From clips to the calibrated logits of their tracks: cut in worker processes, classified in this one."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from common.models.temporal_names import Temporal
from infer.chunks import in_chunks
from infer.classification.clip_faces import Clip, ClipFile, CutClip, StoredClip, cut_clips, stored_faces
from infer.classification.ensemble import Ensemble
from infer.classification.over_time import over_time
from infer.classification.request import MOST_EXPLAINED
from infer.classification.score import score_faces
from infer.classification.scored_clip import ScoredClip, clip_of
from infer.classification.source import UNLABELLED

HELD = 2 * MOST_EXPLAINED  # clips whose crops are held before most are let go


def score_clips(
    clips: Mapping[int, Clip],
    labels: NDArray[np.int8],
    ensemble: Ensemble,
    temporal: Temporal | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
    measure: bool = False,
) -> dict[int, ScoredClip | str]:
    """What the ensemble says of each clip, or why it has no face, by row, in the order of the clips.

    The number of workers changes no bit of it. Crops are kept of the hardest clips alone, `MOST_EXPLAINED`
    in all and half as many of each class.

    Args:
        clips: by row of the source.
        labels: of all rows of the source: 1 synthetic, 0 bona fide, or `UNLABELLED`.
        ensemble: what classifies their faces.
        temporal: what the frames of a track come to; None for what each member was trained for.
        workers: processes that decode videos, find and cut faces; by default one per core.
        progress: is called with clips done.
        measure: whether the plain measures of crops are taken as well.

    Raises UserError when a worker dies, for damaged shards, and as `over_time`.
    """
    found: dict[int, ScoredClip | str] = {}
    for row, cut in _cut(clips, ensemble, workers):
        if isinstance(cut, Rejection):
            found[row] = cut.reason
        else:
            found[row] = score_clip(cut, ensemble, temporal, measure)
        if sum(isinstance(clip, ScoredClip) and clip.crops is not None for clip in found.values()) > HELD:
            _let_go(found, labels)
        progress(len(found))
    _let_go(found, labels)
    return {row: found[row] for row in clips}


def score_clip(
    cut: CutClip, ensemble: Ensemble, temporal: Temporal | None = None, measure: bool = False
) -> ScoredClip:
    """What the ensemble says of the faces of a clip; see `score_clips`, also for what is raised."""
    said = over_time(ensemble, [face.views for face in cut.faces], cut.track, temporal)
    scored = score_faces(cut.faces, ensemble, measure, said.frames)
    return clip_of(cut, scored, said.tracks.tolist(), ensemble.way_of[0])


def _cut(
    clips: Mapping[int, Clip], ensemble: Ensemble, workers: int | None
) -> Iterator[tuple[int, CutClip | Rejection]]:
    files = {row: clip for row, clip in clips.items() if isinstance(clip, ClipFile)}
    rows, cut = list(files), partial(cut_clips, ways=ensemble.ways)
    for chunk in in_chunks(cut, list(files.values()), ensemble.ways[0], workers, chunk=1):
        yield from ((rows[place], outcome) for place, outcome in chunk.items())
    for row, clip in clips.items():
        if isinstance(clip, StoredClip):
            yield row, stored_faces(clip, len(ensemble.ways))


def _let_go(found: Mapping[int, ScoredClip | str], labels: NDArray[np.int8]) -> None:
    """Keep the crops of those clips alone that may be among the hardest."""
    for label in (0, 1, UNLABELLED):
        own = [
            (clip.face.logit if label == 1 else -clip.face.logit, row, clip)
            for row, clip in found.items()
            if labels[row] == label and isinstance(clip, ScoredClip)
        ]
        own.sort(key=lambda entry: entry[:2])
        for _, _, clip in own[MOST_EXPLAINED if label == UNLABELLED else MOST_EXPLAINED // 2 :]:
            clip.crops = None
