"""Replies of `/classify`, made of what was found in photographs."""

import math
from collections.abc import Iterable

import numpy as np

from common.runtime.command_line import printable
from infer.classification.caution import NOT_ACROSS
from infer.classification.ensemble import Ensemble
from infer.classification.verdict import SAID
from infer.service.classified import ClassifiedFace, ClassifiedPhotograph
from infer.service.classify_schemas import (
    ClassifiedFaceReply,
    ClassifiedPhotographReply,
    ClassifierReply,
    MomentReply,
)
from infer.service.replies import rounded


def classifier_reply(ensemble: Ensemble) -> ClassifierReply:
    """What is known of the classifiers of an ensemble, each thing once; of their files the names alone."""
    members, point = ensemble.members, ensemble.point
    return ClassifierReply(
        name=_each(member.file.name for member in members),
        network=_each(member.info.network for member in members),
        crop_size=max(member.size for member in members),
        precision=_each(member.model.precision for member in members),
        trained_on=_each(printable(member.info.trained_on) for member in members),
        threshold=point.threshold,
        threshold_source=printable(point.threshold_from),
        undecided=list(point.undecided),
        statement=NOT_ACROSS,
    )


def _each(told: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in told if text))


def classified_reply(name: str, found: ClassifiedPhotograph) -> ClassifiedPhotographReply:
    """What was found in one photograph."""
    return ClassifiedPhotographReply(
        name=name,
        verdict=found.verdict,
        statement=SAID[found.verdict],
        faces=[_face(face) for face in found.faces],
        faces_found=found.faces_found,
        problem=found.problem,
        clip=found.clip,
    )


def _face(face: ClassifiedFace) -> ClassifiedFaceReply:
    return ClassifiedFaceReply(
        box=rounded(face.box),
        score=None if math.isnan(face.score) else float(np.clip(face.score, 0, 1)),
        probability=face.probability,
        verdict=face.verdict,
        reason=face.reason,
        moments=[MomentReply(**moment._asdict()) for moment in face.moments],
    )
