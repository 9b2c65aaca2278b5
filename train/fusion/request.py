"""What `train fuse` is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from common.forge.method_names import METHODS, parse_methods
from common.runtime.as_option import AllowMissing, AsOption
from common.runtime.device import Device
from common.runtime.errors import ParameterError

LEAST_SURENESS = 0.05


@dataclass(frozen=True)
class FuseRequest:
    """The data that γ, temperature and threshold are chosen on, and by which people of it."""

    data: Annotated[
        tuple[Path, ...],
        AsOption(
            "Shards to choose γ, temperature and threshold on; people without synthetic crops get forgeries. "
            "Repeatable.",
            default="none: the towers' own, and γ = 1",
        ),
    ] = ()
    split: Annotated[
        Path | None,
        AsOption(
            "split.json of a run: choose on the people that it holds out.",
            default="those of the towers' own runs, as far as they lie beside them",
        ),
    ] = None
    pairs: Annotated[int, AsOption("Pairs of each category to choose on.", least=10, most=100_000)] = 2000
    seed: Annotated[int, AsOption("Of these pairs.", least=0)] = 0
    methods: Annotated[
        tuple[str, ...],
        AsOption("Of the forgeries: by name, with commas between.", name="forge-methods"),
    ] = METHODS
    sureness: Annotated[
        float,
        AsOption(
            "Choose γ as if forgeries were found this share as surely as those at hand, for methods that are "
            "not known; 1 is for those at hand alone.",
            least=LEAST_SURENESS,
            most=1,
        ),
    ] = 0.5
    device: Annotated[Device, AsOption("Where the towers run; auto is on CUDA if there is one.")] = (
        Device.AUTO
    )
    allow_missing: AllowMissing = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", parse_methods(self.methods))
        if not LEAST_SURENESS <= self.sureness <= 1:
            raise ParameterError(f"{{sureness}} must be in {LEAST_SURENESS} to 1, not {self.sureness:g}")
        if self.split is not None and not self.data:
            raise ParameterError("{split} tells people of {data} apart, which is not given; add it")
