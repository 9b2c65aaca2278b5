"""What the service answers to `/session`, as it stands in `/openapi.json`."""

from typing import Literal

from pydantic import Field

from infer.quality import QualityWarning
from infer.service.classify_schemas import Probability
from infer.service.schemas import Box, Cosine, Reply


class SwitchReply(Reply):
    """A moment from which on another face is where the one before it was."""

    seconds: float = Field(ge=0)
    similarity: Cosine = Field(description="of the mean embeddings before and from then on")


class LostReply(Reply):
    """The longest time without the person's face."""

    seconds: float = Field(ge=0)
    since: float = Field(ge=0)


class SessionFrameReply(Reply):
    """The person's face in a frame."""

    frame: int = Field(ge=0, description="among all of the video")
    seconds: float = Field(ge=0, description="since the first one")
    track: int = Field(ge=0)
    box: Box
    similarity: Cosine = Field(description="to the document")
    synthetic: Probability | None = Field(
        description="P(synthetic) of five frames around; null where no classifier has looked"
    )


class SessionReply(Reply):
    """Whether the person of a video is the one on a document, the same one throughout, and bona fide."""

    verdict: Literal["match", "no_match"] | None = Field(description="null for no answer")
    statement: str = Field(description="the verdict in words")
    reasons: list[str] = Field(description="why, the most important first, and then what is doubtful")
    similarity: Cosine = Field(description="to the document, the median of the frames compared")
    threshold: Cosine
    threshold_source: str
    threshold_doubt: str | None = Field(description="why it is not to be relied on; null: nothing is known")
    synthetic_statement: str
    model: str
    classifiers: list[str] = Field(description="which have looked for forgeries; none where nobody has")
    synthetic_threshold: Probability | None
    document: str = Field(description="name of the file as it was sent; may be empty")
    document_warnings: list[QualityWarning]
    video: str = Field(description="name of the file as it was sent; may be empty")
    frames_looked_at: int = Field(ge=1)
    frames_compared: int = Field(ge=1, description="with the document: the face is not turned away")
    other_people: int = Field(ge=0)
    lost: LostReply
    switches: list[SwitchReply]
    frames: list[SessionFrameReply] = Field(description="those with the person's face, in order of time")
