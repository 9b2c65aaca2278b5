"""The faces of a video as a session is judged by them: where, when, their embeddings, and P(synthetic)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from align.crops.options import AlignOptions
from align.detectors.registry import NONE
from common.runtime.errors import ParameterError, UserError
from infer.classification.clip_faces import ClipFile, cut_clips
from infer.classification.ensemble import Ensemble
from infer.classification.over_time import over_time
from infer.embeddings import align_options
from infer.models.model import Model
from infer.quality import turn


class NoSessionError(UserError):
    """A document or video without a face that could be compared, or a model that judges none; says why."""


@dataclass(frozen=True)
class Sightings:
    """S faces in N frames of a video, in order of time.

    Attributes:
        frame: (S,) int64, among all frames of the video, from 0.
        seconds: (S,) float64 since its first frame.
        track: (S,) int64, see `align.tracks`.
        box: (S, 4) float32 x1, y1, x2, y2 in pixels of the frame.
        turn: (S,) float64, how far the face is turned to a side, see `infer.quality.turn`.
        embedding: (S, D) float32 of unit length.
        logit: (S,) float64, calibrated; NaN where no classifier looked.
        crops: (S,) of (size, size, 3) uint8 RGB, those that were embedded.
        looked_at: (N,) float64, the seconds of all frames that were looked at, with a face or without.
        truncated: whether the file lacks its end or is damaged.
    """

    frame: NDArray[np.int64]
    seconds: NDArray[np.float64]
    track: NDArray[np.int64]
    box: NDArray[np.float32]
    turn: NDArray[np.float64]
    embedding: NDArray[np.float32] = field(repr=False)
    logit: NDArray[np.float64] = field(repr=False)
    crops: Sequence[NDArray[np.uint8]] = field(repr=False)
    looked_at: NDArray[np.float64] = field(repr=False)
    truncated: bool = False


def see_faces(clip: ClipFile, model: Model, ensemble: Ensemble | None = None) -> Sightings:
    """Every face of the chosen frames of a video, embedded, and classified where there is a classifier.

    Raises NoSessionError for a video that cannot be read or has no face in these frames, and for a fused
    encoder; UserError for a classifier of frames that are crops already.
    """
    if model.card.fusion is not None:
        raise NoSessionError(
            "a fused encoder judges photographs one by one; for a video name its recogniser with --model "
            "and its classifier with --classifier"
        )
    options = align_options(model, aligned=False)
    if ensemble is not None and options.detector == NONE:
        raise ParameterError("{classifier} cuts faces its own way, out of whole frames; leave out {crops}")
    ways = [_cut_as(way, options) for way in ensemble.ways] if ensemble else []
    every = list(dict.fromkeys([options, *ways]))  # the video is read once for each
    (cut,) = cut_clips([clip], every)
    if isinstance(cut, Rejection):
        raise NoSessionError(f"{clip.source if isinstance(clip.source, Path) else 'the video'}: {cut.reason}")
    order = np.lexsort((cut.track, cut.frame))
    faces = [cut.faces[row] for row in order.tolist()]
    crops = [face.views[0] for face in faces]
    logit = np.full(len(faces), np.nan)
    if ensemble is not None:
        views = [every.index(way) for way in ways]
        own = [tuple(face.views[view] for view in views) for face in cut.faces]
        logit = over_time(ensemble, own, cut.track).frames[order]
    return Sightings(
        frame=cut.frame[order],
        seconds=cut.seconds[order],
        track=cut.track[order],
        box=np.stack([face.box for face in faces]).astype(np.float32),
        turn=np.array([turn(face.landmarks) for face in faces]),
        embedding=model.embed(np.stack(crops)),
        logit=logit,
        crops=crops,
        looked_at=np.array(cut.looked_at),
        truncated=cut.truncated,
    )


def _cut_as(way: AlignOptions, options: AlignOptions) -> AlignOptions:
    """The options of an encoder, for crops of a classifier: the faces are the same ones."""
    return replace(options, size=way.size, template=way.template, margin=way.margin)
