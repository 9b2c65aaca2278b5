"""Classified faces: what was found of each image and clip, and what its source knows of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from common.models.classifier_checkpoint import OperatingPoint
from common.models.plane_names import RGB, PlaneNames
from common.models.temporal_names import Temporal
from common.models.training_facts import MOST_DIGESTS
from common.runtime.version import installed_version
from common.runtime.wording import counted
from infer.classification.clip_verdict import clip_verdict, why_of_clip
from infer.classification.ensemble import Ensemble
from infer.classification.member import Member
from infer.classification.score import ScoredFace
from infer.classification.scored_clip import ScoredClip
from infer.classification.source import UNLABELLED, ImagesToClassify
from infer.classification.verdict import (
    FACE_VERDICTS,
    FaceVerdict,
    face_verdicts,
    verdict_without_score,
    why,
)

NO_FACE_NUMBER = -1


class ClassifierCard(BaseModel):
    """Facts about a classifier, which are stored in everything made with it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    sha256: str
    network: str
    size: int = Field(ge=16, le=1024)  # pixels, both sides of what the network takes
    planes: PlaneNames = RGB  # what it sees of a crop
    temporal: Temporal = Temporal.MEAN  # what it was trained to make of the frames of a track
    temperature: float = Field(gt=0, allow_inf_nan=False)  # that its logits were divided by
    recipe: str = ""
    trained_on: str = ""
    views: tuple[str, ...] = ()  # that its logits are averaged over, beside the crop as it is


@dataclass(frozen=True)
class ClassifiedFaces:
    """F faces, and the images without one, in the order of the source.

    Attributes:
        name, source: what was classified; `name` is that of the files made of it.
        path: (F,) the image, as the source names it.
        image: (F,) int64, the row of the image in the source.
        face: (F,) int32, 0 for the most prominent face of an image, and for the one that decides of a clip;
            `NO_FACE_NUMBER` where there is none.
        label: (F,) int8: 1 synthetic, 0 bona fide, `UNLABELLED`.
        group, species: (F,), as in `ImagesToClassify`.
        logit: (F,) float64, calibrated, the mean of the ensemble; NaN where there is no face.
        measures: (F,) float64 each, by name: those of `infer.shortcuts.measure_crops`, NaN without a face;
            empty where none were taken.
        rejected: why there is none, by row.
        point: where logits become verdicts.
        models: the members of the ensemble.
        notes: sentences on the source.
        made_with: the version of facetrust; empty where it runs without being installed.
        clips: the tracks of those that are clips, by row.
    """

    name: str
    source: str
    path: list[str] = field(repr=False)
    image: NDArray[np.int64] = field(repr=False)
    face: NDArray[np.int32] = field(repr=False)
    label: NDArray[np.int8] = field(repr=False)
    group: NDArray[np.int64] = field(repr=False)
    species: list[str] = field(repr=False)
    logit: NDArray[np.float64] = field(repr=False)
    rejected: dict[int, str] = field(repr=False)
    point: OperatingPoint
    models: tuple[ClassifierCard, ...]
    measures: dict[str, NDArray[np.float64]] = field(repr=False, default_factory=dict)
    notes: tuple[str, ...] = ()
    made_with: str = field(default_factory=installed_version)
    clips: dict[int, ScoredClip] = field(repr=False, default_factory=dict)

    def __len__(self) -> int:
        return len(self.path)

    @property
    def probability(self) -> NDArray[np.float64]:
        """(F,) P(synthetic), in [0, 1]; NaN where there is no face."""
        return probabilities(self.logit)

    @cached_property
    def verdict_codes(self) -> NDArray[np.int8]:
        """(F,) positions in `FACE_VERDICTS`, not to be written to."""
        probability = self.probability
        codes = face_verdicts(probability, self.point)
        for row, reason in self.rejected.items():
            codes[row] = FACE_VERDICTS.index(verdict_without_score(reason))
        for row, clip in self.clips.items():
            verdict = clip_verdict(clip, float(probability[row]), self.point)
            codes[row] = FACE_VERDICTS.index(verdict)
        codes.flags.writeable = False
        return codes

    @property
    def has_labels(self) -> bool:
        """Whether it is known of any face what it is."""
        return bool((self.label != UNLABELLED).any())

    @property
    def measured(self) -> NDArray[np.bool_]:
        """(F,) the faces that figures are of: with a score, and a label."""
        found: NDArray[np.bool_] = (self.label != UNLABELLED) & ~np.isnan(self.logit)
        return found

    @property
    def counts(self) -> dict[FaceVerdict, int]:
        """How often each verdict was given, those that were not left out."""
        found = np.bincount(self.verdict_codes, minlength=len(FACE_VERDICTS)).tolist()
        return {verdict: count for verdict, count in zip(FACE_VERDICTS, found, strict=True) if count}

    def reasons(self) -> list[str]:
        """(F,) why each has its verdict, in words."""
        return [
            self.rejected[row] if row in self.rejected else self._why(row, probability)
            for row, probability in enumerate(self.probability.tolist())
        ]

    def _why(self, row: int, probability: float) -> str:
        if row in self.clips:
            return why_of_clip(self.clips[row], probability, self.point)
        return why(probability, self.point)


def probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(synthetic) of calibrated logits, the same shape; NaN stays NaN."""
    from scipy.special import expit  # takes a while to load

    found: NDArray[np.float64] = expit(logits)
    return found


def classified(
    images: ImagesToClassify,
    scored: Sequence[list[ScoredFace] | str],
    ensemble: Ensemble,
    notes: Sequence[str] = (),
    clips: Mapping[int, ScoredClip | str] = {},
) -> ClassifiedFaces:
    """The faces of images: a row a face or clip, and one for each image without a face.

    `scored` is what `score_images` says of each image, `clips` what `score_clips` says of those that are
    clips.
    """
    rows: list[tuple[int, int, float]] = []
    measures: list[Mapping[str, float]] = []
    rejected: dict[int, str] = {}
    tracks: dict[int, ScoredClip] = {}
    faces_of = [_faces(clips.get(image, outcome)) for image, outcome in enumerate(scored)]
    for image, outcome in enumerate(faces_of):
        if isinstance(found := clips.get(image), ScoredClip):
            tracks[len(rows)] = found
        if isinstance(outcome, str):
            rejected[len(rows)] = outcome
            rows.append((image, NO_FACE_NUMBER, math.nan))
            measures.append({})
        else:
            rows += [(image, face, one.logit) for face, one in enumerate(outcome)]
            measures += [one.measures for one in outcome]
    taken = np.array([image for image, _, _ in rows], np.int64)
    return ClassifiedFaces(
        name=images.name,
        source=str(images.origin),
        path=[images.paths[image] for image in taken.tolist()],
        image=taken,
        face=np.array([face for _, face, _ in rows], np.int32),
        label=images.labels[taken],
        group=images.groups[taken],
        species=[images.species[image] for image in taken.tolist()],
        logit=np.array([logit for _, _, logit in rows], np.float64),
        measures=_columns(measures),
        rejected=rejected,
        point=ensemble.point,
        models=tuple(map(_card, ensemble.members)),
        notes=(
            *images.notes,
            *notes,
            *_of_other_faces(images, faces_of, ensemble),
            *(_of_taught(faces_of) if images.has_labels else ()),
        ),
        clips=tracks,
    )


def _faces(outcome: list[ScoredFace] | ScoredClip | str) -> list[ScoredFace] | str:
    return [outcome.face] if isinstance(outcome, ScoredClip) else outcome


def _of_other_faces(
    images: ImagesToClassify, scored: Sequence[list[ScoredFace] | str], ensemble: Ensemble
) -> list[str]:
    """A note on photographs with faces that have no verdict: beside a bona fide one may be a forged one."""
    several = [
        image for image, outcome in enumerate(scored) if not isinstance(outcome, str) and outcome[0].others
    ]
    if not several:
        return []
    show = counted(len(several), "photograph shows", "photographs show")
    first = f", the first is {images.paths[several[0]]}" if len(images.paths) > 1 else ""
    advice = "" if ensemble.takes_all_faces else "; --face all gives each face one"
    return [f"{show} more faces than have a verdict{first}{advice}"]


def _of_taught(scored: Sequence[list[ScoredFace] | str]) -> list[str]:
    """A warning where a model was trained by guesses on what it is now measured on."""
    found = sum(face.taught for outcome in scored if not isinstance(outcome, str) for face in outcome)
    if not found:
        return []
    return [
        "the figures here are too good: a model was trained on pseudo-labels of these very crops "
        f"({found:,} were recognised, by a sample of at most {MOST_DIGESTS} of its own); measure it on others"
    ]


def _card(member: Member) -> ClassifierCard:
    info = member.info
    return ClassifierCard(
        file=str(member.file),
        sha256=member.model.sha256,
        network=info.network,
        size=member.size,
        planes=info.planes,
        temporal=info.temporal,
        temperature=info.point.temperature,
        recipe=info.recipe,
        trained_on=info.trained_on,
        views=member.views,
    )


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, NDArray[np.float64]]:
    names = max(rows, key=len, default={})  # a clip has none of those of a photograph's file
    return {name: np.array([row.get(name, math.nan) for row in rows]) for name in names}
