"""What the service answers to `/classify`, as it stands in `/openapi.json`."""

from typing import Annotated

from pydantic import Field

from infer.classification.verdict import FaceVerdict
from infer.service.schemas import Box, Reply

Probability = Annotated[float, Field(ge=0, le=1)]


class ClassifierReply(Reply):
    """The classifier behind the answers of `/classify`, or all of an ensemble."""

    name: str
    network: str
    crop_size: int = Field(description="pixels, both sides of what the network takes, the largest one")
    precision: str
    trained_on: str = Field(description="empty where the file does not say")
    threshold: Probability = Field(description="a face is synthetic from this P(synthetic) on")
    threshold_source: str
    undecided: list[Probability] = Field(
        min_length=2, max_length=2, description="no verdict from the first to below the second"
    )
    statement: str = Field(description="what P(synthetic) does not say, in one sentence")


class MomentReply(Reply):
    """A frame of a clip in which a face was seen."""

    seconds: float = Field(ge=0, description="since the first frame")
    probability: Probability = Field(description="P(synthetic)")


class ClassifiedFaceReply(Reply):
    """A face of a photograph, or of a clip over all its frames."""

    box: Box = Field(description="of a clip in its most synthetic frame")
    score: float | None = Field(
        ge=0, le=1, description="of the detector; null for crops given as they are, and of a clip"
    )
    probability: Probability = Field(description="P(synthetic)")
    verdict: FaceVerdict
    reason: str
    moments: list[MomentReply] = Field(description="of a clip, in order of time; empty for a photograph")


class ClassifiedPhotographReply(Reply):
    """What was found in one photograph or clip."""

    name: str = Field(description="of the file as it was sent; may be empty")
    verdict: FaceVerdict = Field(
        description="of its most doubtful face: `bona_fide` only where each face is; `no_face`, `unreadable` "
        "where there is none"
    )
    statement: str = Field(description="the verdict in words")
    faces: list[ClassifiedFaceReply] = Field(
        description="the most prominent first, of a clip the most synthetic; 20 at the most"
    )
    faces_found: int = Field(ge=0)
    problem: str | None = Field(description="why there is no usable face")
    clip: str | None = Field(
        description="of a clip: what decided, and what could not be looked at; null for a photograph"
    )


class ClassifyReply(Reply):
    """Photographs and clips classified."""

    classifier: ClassifierReply
    photographs: list[ClassifiedPhotographReply]
