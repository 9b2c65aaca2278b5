"""Configuration of the trackers that follow a run besides the console."""

from typing import Any

from pydantic import Field, field_validator

from train.section import Section


class TrackingConfig(Section):
    """Trackers of a run; none by default, and each needs an extra to be installed."""

    tensorboard: bool = False  # event files under the run's folder
    wandb: str | None = Field(None, pattern=r"^[^/\\#?%:]{1,128}$")  # the project at Weights & Biases

    @field_validator("wandb", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value  # TOML has no null
