"""What the service answers to `/health`, as it stands in `/openapi.json`."""

from typing import Literal

from pydantic import Field

from infer.service.classify_schemas import ClassifierReply
from infer.service.schemas import ModelReply, Reply, ThresholdReply


class LimitsReply(Reply):
    """What a request may cost."""

    max_photographs: int
    max_upload_bytes: int = Field(description="all photographs of a request together")
    max_pixels: int = Field(description="of one photograph, or frame of a video")
    max_clip_seconds: float = Field(description="of a video")


class HealthReply(Reply):
    """State of the service."""

    status: Literal["ok"]
    model: ModelReply | None = Field(description="null where faces are classified alone")
    threshold: ThresholdReply | None
    classifier: ClassifierReply | None = Field(description="of `/classify`; null where there is none")
    limits: LimitsReply
    uptime_s: float = Field(ge=0)
    in_flight: int = Field(ge=0, description="requests being received, waiting or examined")
