"""What the service answers to `/classify`, as it stands in `/openapi.json`."""

from typing import Annotated

from pydantic import Field

from infer.classification.verdict import FaceVerdict
from infer.service.schemas import Box, Reply

Probability = Annotated[float, Field(ge=0, le=1)]


class ClassifierReply(Reply):
    """The classifier behind the answers of `/classify`."""

    name: str
    network: str
    crop_size: int = Field(description="pixels, both sides of what the network takes")
    precision: str
    trained_on: str = Field(description="empty where the file does not say")
    threshold: Probability = Field(description="a face is synthetic from this P(synthetic) on")
    threshold_source: str
    undecided: list[Probability] = Field(
        min_length=2, max_length=2, description="no verdict from the first to below the second"
    )
    statement: str = Field(description="what P(synthetic) does not say, in one sentence")


class ClassifiedFaceReply(Reply):
    """A face of a photograph."""

    box: Box
    score: float | None = Field(ge=0, le=1, description="of the detector; null for crops given as they are")
    probability: Probability = Field(description="P(synthetic)")
    verdict: FaceVerdict
    reason: str


class ClassifiedPhotographReply(Reply):
    """What was found in one photograph."""

    name: str = Field(description="of the file as it was sent; may be empty")
    verdict: FaceVerdict = Field(
        description="of its most doubtful face: `bona_fide` only where each face is; `no_face`, `unreadable` "
        "where there is none"
    )
    statement: str = Field(description="the verdict in words")
    faces: list[ClassifiedFaceReply] = Field(description="the most prominent first, 20 at the most")
    faces_found: int = Field(ge=0)
    problem: str | None = Field(description="why there is no usable face")


class ClassifyReply(Reply):
    """Photographs classified."""

    classifier: ClassifierReply
    photographs: list[ClassifiedPhotographReply]
