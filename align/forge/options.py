"""What the forgeries of a folder depend on."""

from dataclasses import dataclass
from typing import Annotated, Any

from common.forge.method_names import METHODS, check_methods, parse_methods
from common.runtime.as_option import AsOption
from common.runtime.errors import ParameterError

MOST_PER_IMAGE = 100  # a shard is made in memory


@dataclass(frozen=True)
class ForgeOptions:
    """How bona fide crops become forgeries.

    Raises UserError for an unknown method, or a value out of range.
    """

    methods: Annotated[
        tuple[str, ...],
        AsOption("By name, with commas between; each as often as the others.", parse=parse_methods),
    ] = METHODS
    per_image: Annotated[int, AsOption("Forgeries of each crop.")] = 1
    seed: Annotated[int, AsOption("The same seed gives the same forgeries.", least=0)] = 0
    post_process: Annotated[
        float,
        AsOption(
            "Share, 0 to 1, of the forgeries that are compressed, resized or denoised, and as many bona fide "
            "crops beside them."
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        check_methods(self.methods)
        if not 1 <= self.per_image <= MOST_PER_IMAGE:
            raise ParameterError(
                f"{{per_image}} must lie between 1 and {MOST_PER_IMAGE}, not be {self.per_image}"
            )
        if self.seed < 0:
            raise ParameterError(f"{{seed}} must be 0 or more, not {self.seed}")
        if not 0 <= self.post_process <= 1:
            raise ParameterError(f"{{post_process}} must lie between 0 and 1, not be {self.post_process}")

    def as_dict(self) -> dict[str, Any]:
        """By the names of the command line."""
        return {
            "methods": ",".join(self.methods),
            "per-image": self.per_image,
            "seed": self.seed,
            "post-process": self.post_process,
        }
