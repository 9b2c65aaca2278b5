"""What `train pseudo-label` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from common.models.view_names import Views
from common.runtime.as_option import AllowMissing, AsOption
from common.runtime.device import Device
from common.runtime.errors import ParameterError

TABLE_SUFFIX = ".csv"


@dataclass(frozen=True)
class PseudoLabelRequest:
    """When a guess is certain enough, and how it comes about."""

    at: Annotated[
        float,
        AsOption(
            "A crop is synthetic above this P(synthetic), bona fide below 1 minus it, and else left out.",
            least=0.5,
            most=1,
        ),
    ] = 0.995
    labelled: Annotated[
        tuple[Path, ...],
        AsOption(
            "Shards that the models were trained and validated on: crops equal to one of theirs are left "
            "out. Repeatable."
        ),
    ] = ()
    tta: Views = None
    device: Annotated[Device, AsOption("Where the models run; auto is on CUDA if there is one.")] = (
        Device.AUTO
    )
    allow_missing: AllowMissing = False

    def __post_init__(self) -> None:
        if not 0.5 <= self.at < 1:  # also of NaN
            raise ParameterError("{at} must be from 0.5 to below 1, not {}", self.at)
