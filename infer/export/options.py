"""Options of `infer export`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from common.runtime.as_option import AsOption
from common.runtime.errors import ParameterError


class Precision(StrEnum):
    """What the layers of an exported file compute in; the pixels in and the embeddings out are the same."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


@dataclass(frozen=True)
class ExportOptions:
    """Options of an export. Raises UserError for a threshold out of range."""

    precision: Annotated[
        Precision,
        AsOption(
            "Of the layers: fp16 is half the size, for GPUs; int8 is for CPUs, needs --pairs or --faces."
        ),
    ] = Precision.FP32
    mirror: Annotated[bool, AsOption("Average over crop and mirror image.")] = True
    threshold: Annotated[
        float | None, AsOption("To store in the file.", default="the model's own", least=-1, most=1)
    ] = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise ParameterError(f"{{threshold}} must be from -1 to 1, not {self.threshold}")
