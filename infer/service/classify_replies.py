"""Replies of `/classify`, made of what was found in photographs."""

import math

import numpy as np

from common.runtime.command_line import printable
from infer.classification.caution import NOT_ACROSS
from infer.classification.ensemble import Ensemble
from infer.classification.verdict import SAID
from infer.service.classify import ClassifiedFace, ClassifiedPhotograph
from infer.service.classify_schemas import (
    ClassifiedFaceReply,
    ClassifiedPhotographReply,
    ClassifierReply,
)
from infer.service.replies import rounded


def classifier_reply(ensemble: Ensemble) -> ClassifierReply:
    """What is known of the one classifier of an ensemble; of its file the name alone."""
    (member,) = ensemble.members
    point = ensemble.point
    return ClassifierReply(
        name=member.file.name,
        network=member.info.network,
        crop_size=member.size,
        precision=member.model.precision,
        trained_on=printable(member.info.trained_on),
        threshold=point.threshold,
        threshold_source=printable(point.threshold_from),
        undecided=list(point.undecided),
        statement=NOT_ACROSS,
    )


def classified_reply(name: str, found: ClassifiedPhotograph) -> ClassifiedPhotographReply:
    """What was found in one photograph."""
    return ClassifiedPhotographReply(
        name=name,
        verdict=found.verdict,
        statement=SAID[found.verdict],
        faces=[_face(face) for face in found.faces],
        faces_found=found.faces_found,
        problem=found.problem,
    )


def _face(face: ClassifiedFace) -> ClassifiedFaceReply:
    return ClassifiedFaceReply(
        box=rounded(face.box),
        score=None if math.isnan(face.score) else float(np.clip(face.score, 0, 1)),
        probability=face.probability,
        verdict=face.verdict,
        reason=face.reason,
    )
