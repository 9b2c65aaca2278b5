"""What the service answers to `/health`, as it stands in `/openapi.json`."""

from typing import Literal

from pydantic import Field

from infer.service.classify_schemas import ClassifierReply
from infer.service.schemas import ModelReply, Reply, ThresholdReply


class LimitsReply(Reply):
    """What a request may cost."""

    max_photographs: int
    max_upload_bytes: int = Field(description="all photographs of a request together")
    max_pixels: int = Field(description="of one photograph")


class HealthReply(Reply):
    """State of the service."""

    status: Literal["ok"]
    model: ModelReply
    threshold: ThresholdReply
    classifier: ClassifierReply | None = Field(description="of `/classify`; null where there is none")
    limits: LimitsReply
    uptime_s: float = Field(ge=0)
    in_flight: int = Field(ge=0, description="requests being received, waiting or examined")
