"""Base classes of configurations and of their tables."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Section(BaseModel):
    """A table of the configuration: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CommandConfig(Section):
    """The whole configuration of a command, as `train.load_config` reads it.

    Attributes:
        command: that it is of.
        needed: settings that play a part only with one of others, by dotted key.
    """

    command: ClassVar[str]
    needed: ClassVar[Mapping[str, tuple[str, ...]]] = NOTHING

    def check(self) -> None:
        """Raises UserError where settings contradict each other, or name what there is not."""
