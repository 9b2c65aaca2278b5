"""Learning rate schedule: linear warm-up, then ReduceLROnPlateau on the primary figure, or a cosine."""

import math
from typing import Any, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from common.metrics.figures import Better
from train.optimisation.optimiser import RATE
from train.run_config import OptimiserConfig


class Schedule:
    """Warm-up, then the schedule that the configuration names.

    Over the first `warmup_steps` it rises linearly to `learning_rate`; validations during them do not count
    for the plateau. Each group of parameters gets its share of it.

    Args:
        optimiser: of `create_optimiser`.
        config: the schedule.
        better: which way the primary figure is better.
        steps: of the whole run, at whose end a cosine is at zero.
    """

    def __init__(self, optimiser: Optimizer, config: OptimiserConfig, better: Better, steps: int) -> None:
        self._optimiser = optimiser
        self._config = config
        self._steps = steps
        mode: Literal["min", "max"] = "min" if better == "lower" else "max"
        self._plateau = ReduceLROnPlateau(optimiser, mode, config.plateau_factor, config.plateau_patience)

    @property
    def learning_rate(self) -> float:
        """That of the step to come, or of the last one, before any group's share is taken."""
        group = self._optimiser.param_groups[0]
        return float(group["lr"]) / float(group.get(RATE, 1.0))

    def before_step(self, step: int) -> None:
        """To be called before each step; `step` counts from 0."""
        warmup, full = self._config.warmup_steps, self._config.learning_rate
        if step < warmup:
            self._set(full * (step + 1) / warmup)
        elif self._config.schedule == "cosine":
            done = (step - warmup) / max(1, self._steps - warmup)
            self._set(full * (1 + math.cos(math.pi * min(done, 1.0))) / 2)

    def validated(self, step: int, figure: float) -> None:
        """To be called after each validation, with the number of steps taken and the primary figure."""
        if self._config.schedule == "plateau" and step >= self._config.warmup_steps:
            self._plateau.step(figure)

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule remembers; the learning rate itself is in the optimiser's state."""
        return self._plateau.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._plateau.load_state_dict(state)

    def _set(self, rate: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group.get(RATE, 1.0)
