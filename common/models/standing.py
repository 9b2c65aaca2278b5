"""What the leaderboard knows of a checkpoint, whatever task it was trained for."""

from pydantic import BaseModel, ConfigDict, Field

from common.metrics.figures import Ranking, finite
from common.metrics.interval import Interval


class Standing(BaseModel):
    """When a checkpoint was taken and what was measured then.

    It is in the header of the checkpoints of every task but verification, whose headers are older.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str
    network: str  # its name: that of the backbone
    run: str
    epoch: int
    step: int
    validation: str  # fingerprint of what it was measured on: only figures of equal ones compare
    rankings: tuple[Ranking, ...] = Field(min_length=1)  # the first is the primary
    figures: dict[str, float | None] = Field(default_factory=dict)  # of the rankings, and others to be shown
    interval: Interval | None = None  # of the primary figure, 95 %

    @property
    def group(self) -> tuple[str, str]:
        """Task and validation: only checkpoints of one group compare."""
        return self.task, self.validation

    def figure(self, ranking: Ranking) -> float | None:
        """The figure that a ranking is about; None where it is not known or undefined."""
        return finite(self.figures.get(ranking.name))
