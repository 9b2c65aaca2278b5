"""Learning rate schedule: linear warm-up, then ReduceLROnPlateau on the primary figure."""

from typing import Any, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from common.metrics.figures import Better
from train.config import OptimiserConfig


class Schedule:
    """Warm-up and ReduceLROnPlateau on the primary figure.

    Over the first `warmup_steps` it rises linearly to `learning_rate`; validations during them do not count
    for the plateau.
    """

    def __init__(self, optimiser: Optimizer, config: OptimiserConfig, better: Better) -> None:
        self._optimiser = optimiser
        self._config = config
        mode: Literal["min", "max"] = "min" if better == "lower" else "max"
        self._plateau = ReduceLROnPlateau(optimiser, mode, config.plateau_factor, config.plateau_patience)

    @property
    def learning_rate(self) -> float:
        """That of the step to come, or of the last one."""
        return float(self._optimiser.param_groups[0]["lr"])

    def before_step(self, step: int) -> None:
        """To be called before each step; `step` counts from 0."""
        warmup = self._config.warmup_steps
        if step < warmup:
            for group in self._optimiser.param_groups:
                group["lr"] = self._config.learning_rate * (step + 1) / warmup

    def validated(self, step: int, figure: float) -> None:
        """To be called after each validation, with the number of steps taken and the primary figure."""
        if step >= self._config.warmup_steps:
            self._plateau.step(figure)

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule remembers; the learning rate itself is in the optimiser's state."""
        return self._plateau.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._plateau.load_state_dict(state)
