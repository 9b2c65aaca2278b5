"""What the library does with classifiers: is the face in a photograph synthetic?"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from align.crops.options import FaceChoice, as_choice
from align.media.source import ImageSource
from align.sources.photograph import is_clip
from align.tracks.options import USUAL_FRAMES
from common.runtime.device import Device
from common.runtime.errors import ParameterError
from facetrust.photographs import listed
from infer.classification.clip_faces import Clip, ClipFile
from infer.classification.clip_verdict import clip_verdict, why_of_clip
from infer.classification.ensemble import Ensemble, load_ensemble
from infer.classification.faces import probabilities
from infer.classification.over_time import of_a_still
from infer.classification.score import ScoredFace, score_images
from infer.classification.score_clips import score_clips
from infer.classification.scored_clip import ScoredClip
from infer.classification.source import UNLABELLED
from infer.classification.verdict import (
    FACE_VERDICTS,
    FaceVerdict,
    face_verdicts,
    verdict_without_score,
    why,
)
from infer.commands.options import CHECKPOINTS
from infer.cropping import CropRequest


@dataclass(frozen=True)
class Classified:
    """Whether the face of a photograph is synthetic, and what that rests on.

    Attributes:
        verdict: `bona_fide` or `synthetic`; `undecided` too near to the threshold; `no_face` or `unreadable`
            where there is no score.
        probability: P(synthetic), in [0, 1], calibrated on the validation faces of the training, which may be
            far too sure of photographs of another kind; None where there is no face.
        reason: why, in words.
    """

    verdict: FaceVerdict
    probability: float | None
    reason: str


def load_classifier(
    *files: str | os.PathLike[str],
    threshold: float | None = None,
    detector: str | None = None,
    det_size: int | None = None,
    min_score: float | None = None,
    min_face: int | None = None,
    face: Literal["central", "largest"] | FaceChoice | None = None,
    crops: bool = False,
    device: Literal["auto", "cpu", "cuda"] | Device = Device.AUTO,
) -> Ensemble:
    """A classifier, or an ensemble of several, and how photographs are cropped for it.

    Args:
        files: checkpoints; several are an ensemble, none is the best below `training_logs/checkpoints`.
        threshold: in [0, 1], synthetic from this P(synthetic) on, and then no face is undecided; by default
            the model's own, of an ensemble the mean.
        detector, det_size, min_score, min_face, face, crops, device: as in `load_model`.

    Raises UserError where there is no such classifier, its file is not usable, a value is out of range, or
    the members of an ensemble look for faces in different ways.

    >>> model = ft.load_classifier("classifier.safetensors")
    >>> len(model.members), model.point.threshold, model.point.undecided
    (1, 0.5, (0.5, 0.5))
    """
    choice = None if face is None else as_choice(FaceChoice, "face", face)
    asked = CropRequest(detector, det_size, min_score, min_face, choice, crops)
    paths = [Path(os.fspath(file)) for file in files]
    return load_ensemble(paths, CHECKPOINTS, asked, as_choice(Device, "device", device), threshold)


def classify(photographs: Iterable[ImageSource], *, model: Ensemble, workers: int = 1) -> list[Classified]:
    """Whether the most prominent face of each photograph is synthetic: P(synthetic), a verdict, and why.

    Of a clip 32 frames are looked at, and the face with the highest score decides.

    Args:
        photographs: each a path, also of a clip, the bytes of an image file, an (H, W, 3) uint8 RGB array or
            a PIL image.
        model: of `load_classifier`.
        workers: processes that find and cut faces; the result does not depend on them. A script that asks
            for several needs `if __name__ == "__main__":`.

    What a photograph holds never raises: one without a face has a verdict that says so, never `bona_fide`.
    Raises UserError for what is no photograph in any of these forms, such as None, and for what is no model.

    >>> model = ft.load_classifier("classifier.safetensors", threshold=1)
    >>> anna, nobody = ft.classify(["anna.jpg", "nobody.jpg"], model=model)
    >>> anna.verdict.value, 0 < anna.probability < 1
    ('bona_fide', True)
    >>> nobody
    Classified(verdict=<FaceVerdict.UNREADABLE: 'unreadable'>, probability=None, reason='no such file')
    """
    if not isinstance(model, Ensemble):
        raise ParameterError("{model} is what ft.load_classifier returns, not {}", repr(model))
    sources = listed(photographs)
    clips: dict[int, Clip] = {
        row: ClipFile(Path(source), USUAL_FRAMES)
        for row, source in enumerate(sources)
        if isinstance(source, str | os.PathLike) and is_clip(os.fspath(source))
    }
    labels = np.full(len(sources), UNLABELLED, np.int8)
    films = score_clips(clips, labels, model, workers=workers)
    stills = score_images(sources, model, dict.fromkeys(clips, ""), workers)
    return [_told(films.get(row, outcome), model) for row, outcome in enumerate(stills)]


def _told(outcome: list[ScoredFace] | ScoredClip | str, model: Ensemble) -> Classified:
    if isinstance(outcome, str):
        return Classified(verdict_without_score(outcome), None, outcome)
    if isinstance(outcome, ScoredClip):
        score = float(probabilities(np.array([outcome.face.logit]))[0])
        verdict = clip_verdict(outcome, score, model.point)
        return Classified(verdict, score, why_of_clip(outcome, score, model.point))
    return _classified(outcome[0], model)


def _classified(face: ScoredFace, model: Ensemble) -> Classified:
    probability = probabilities(np.array([face.logit]))
    verdict = FACE_VERDICTS[face_verdicts(probability, model.point)[0]]
    reason = why(float(probability[0]), model.point) + of_a_still(model)
    if face.others:
        reason += f"; the photograph shows at least {face.others + 1} faces, the most prominent one counts"
    return Classified(verdict, float(probability[0]), reason)
