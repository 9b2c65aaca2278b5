"""Configuration of the trackers that follow a run besides the console."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from common.runtime.as_option import AsOption
from train.section import Section


class TrackingConfig(Section):
    """Trackers of a run; none by default, and each needs an extra to be installed."""

    tensorboard: Annotated[bool, AsOption("Write TensorBoard events into the run's folder.")] = False
    wandb: Annotated[str | None, AsOption("Follow the run at Weights & Biases.", metavar="PROJECT")] = Field(
        None, pattern=r"^[^/\\#?%:]{1,128}$"
    )

    @field_validator("wandb", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value  # TOML has no null
