"""What every table of the configuration promises."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
