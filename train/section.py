"""Base class of the tables of the configuration."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the configuration: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
