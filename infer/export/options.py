"""Options of `infer export`."""

from dataclasses import dataclass
from enum import StrEnum

from common.runtime.errors import ParameterError


class Precision(StrEnum):
    """What the layers of an exported file compute in; the pixels in and the embeddings out are the same."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


@dataclass(frozen=True)
class ExportOptions:
    """Options of an export.

    Attributes:
        precision: of the layers.
        mirror: whether the embedding is averaged over crop and mirror image.
        threshold: the one to store in [-1, 1]; None for the model's own.

    Raises UserError for a threshold out of range.
    """

    precision: Precision = Precision.FP32
    mirror: bool = True
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise ParameterError(f"{{threshold}} must be from -1 to 1, not {self.threshold}")
