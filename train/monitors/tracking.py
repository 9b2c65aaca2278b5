"""Which services follow a run besides the console."""

from pydantic import Field

from train.section import Section


class TrackingConfig(Section):
    """Trackers of a run; none by default, and each needs an extra to be installed."""

    tensorboard: bool = False  # event files under the run's folder
    wandb: str | None = Field(None, pattern=r"^[^/\\#?%:]{1,128}$")  # the project at Weights & Biases
