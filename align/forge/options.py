"""What the forgeries of a folder depend on."""

from dataclasses import dataclass
from typing import Any

from common.forge import METHODS, Forger
from common.runtime.errors import UserError

MOST_PER_IMAGE = 100  # a shard is made in memory


@dataclass(frozen=True)
class ForgeOptions:
    """How bona fide crops become forgeries.

    Attributes:
        methods: by name, in the order of `METHODS`; each as often as the others.
        per_image: forgeries of each crop.
        seed: 0 or more; another gives other forgeries.
        post_process: share of the forgeries, 0 to 1, that are compressed, resized or denoised afterwards;
            beside each, its bona fide crop is as well.

    Raises UserError for an unknown method, or a value out of range.
    """

    methods: tuple[str, ...] = METHODS
    per_image: int = 1
    seed: int = 0
    post_process: float = 0.0

    def __post_init__(self) -> None:
        Forger(self.methods)
        if not 1 <= self.per_image <= MOST_PER_IMAGE:
            raise UserError(f"--per-image must lie between 1 and {MOST_PER_IMAGE}, not be {self.per_image}")
        if self.seed < 0:
            raise UserError(f"--seed must be 0 or more, not {self.seed}")
        if not 0 <= self.post_process <= 1:
            raise UserError(f"--post-process must lie between 0 and 1, not be {self.post_process}")

    def as_dict(self) -> dict[str, Any]:
        """By the names of the command line."""
        return {
            "methods": ",".join(self.methods),
            "per-image": self.per_image,
            "seed": self.seed,
            "post-process": self.post_process,
        }
