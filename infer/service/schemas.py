"""What the service answers, as it stands in `/openapi.json`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from infer.quality import QualityWarning
from infer.score import Verdict
from infer.service.errors import ErrorCode

Cosine = Annotated[float, Field(ge=-1, le=1)]
Point = Annotated[list[float], Field(min_length=2, max_length=2, description="x, y")]
Box = Annotated[
    list[float],
    Field(min_length=4, max_length=4, description="x1, y1, x2, y2 in pixels of the upright photograph"),
]
Landmarks = Annotated[
    list[Point],
    Field(
        min_length=5,
        max_length=5,
        description="eye on the left of the image, right eye, nose, left and right corner of the mouth",
    ),
]


class Reply(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(frozen=True)


class ErrorDetail(Reply):
    """What went wrong."""

    code: ErrorCode
    message: str = Field(description="one sentence that says what to do")


class ErrorReply(Reply):
    """The answer to every request that fails."""

    error: ErrorDetail


class SyntheticReply(Reply):
    """What the scores say of synthetic faces: only what the model was trained against."""

    judged: bool = Field(
        description="whether it was trained against any; where not, or not known, the scores do not speak "
        "about synthetic faces"
    )
    statement: str = Field(description="the same in one sentence, with what is known")


class ModelReply(Reply):
    """The model behind all answers."""

    name: str
    backbone: str
    embedding_size: int
    crop_size: int = Field(description="pixels, both sides of an aligned crop")
    precision: str
    trained_on: str = Field(description="empty where the file does not say")
    eer: float | None = Field(description="on the validation pairs of its training")
    assumed: list[str] = Field(description="what the file does not say and was taken for granted")
    synthetic: SyntheticReply


class ThresholdReply(Reply):
    """Pairs of this similarity and above are accepted."""

    value: Cosine
    source: str
    doubt: str | None = Field(description="why it is not to be relied on; null where nothing is known")


class WarningReply(Reply):
    """What may make the similarities of a photograph unreliable."""

    code: QualityWarning
    text: str


class CropReply(Reply):
    """The aligned crop, which is what the model sees."""

    image: str = Field(description="a PNG as a data: URI")
    landmarks: Landmarks = Field(description="in pixels of the crop")


class FaceReply(Reply):
    """The most prominent face of a photograph."""

    box: Box
    landmarks: Landmarks = Field(description="in pixels of the upright photograph")
    score: float | None = Field(ge=0, le=1, description="of the detector; null for crops given as they are")
    faces_found: int = Field(ge=1, description="in the photograph, at the least")
    crop: CropReply | None = Field(description="where `crops=true` asks for it")


class PhotographReply(Reply):
    """What was found in one photograph."""

    name: str = Field(description="of the file as it was sent; may be empty")
    face: FaceReply | None
    problem: str | None = Field(description="why there is no usable face")
    warnings: list[WarningReply]


class PairReply(Reply):
    """Two photographs compared."""

    first: int = Field(ge=0, description="row in `photographs`")
    second: int = Field(ge=0, description="row in `photographs`, after the first")
    similarity: Cosine | None
    verdict: Verdict = Field(
        description="`match`: the similarity reaches the threshold; `no_match`; `no_face`, `no_image` where "
        "a photograph shows no face or cannot be read: nothing was compared"
    )
    statement: str = Field(description="the verdict in words that the model can keep")
    reasons: list[str] = Field(description="why, the most important first")


class VerifyReply(Reply):
    """Photographs compared, each with each."""

    model: ModelReply
    threshold: ThresholdReply
    photographs: list[PhotographReply]
    similarities: list[list[Cosine | None]] = Field(
        description="row by column as in `photographs`; null where one of the two shows no usable face"
    )
    pairs: list[PairReply]


class EmbeddedPhotographReply(PhotographReply):
    """What was found in one photograph, and its embedding."""

    embedding: list[float] | None = Field(
        description="of unit length: the dot product of two is their cosine similarity"
    )


class EmbedReply(Reply):
    """The embeddings of photographs."""

    model: ModelReply
    photographs: list[EmbeddedPhotographReply]
