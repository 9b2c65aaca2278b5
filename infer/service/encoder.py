"""The encoder of a service, and where its similarities are a match."""

from dataclasses import dataclass, field

from infer.examine import Examiner
from infer.models.model import Model, Threshold
from infer.service.replies import model_reply, threshold_reply
from infer.service.schemas import ModelReply, ThresholdReply


@dataclass(frozen=True)
class ServedEncoder:
    """What compares faces, with what is said of it in every answer."""

    examiner: Examiner
    at: Threshold
    model: ModelReply = field(repr=False)
    threshold: ThresholdReply = field(repr=False)

    @classmethod
    def of(cls, model: Model, at: Threshold) -> "ServedEncoder":
        """That of a model. Raises UserError when its detector cannot be opened."""
        return cls(Examiner(model), at, model_reply(model), threshold_reply(at))
