"""Configuration of the forgeries that are made while batches are read."""

from pydantic import Field, field_validator

from common.forge.method_names import METHODS, parse_methods
from common.runtime.errors import UserError
from train.section import Section


class ForgeConfig(Section):
    """Synthetic faces made from the bona fide crops of each batch while it is read; off at share 0.

    People held out who have no synthetic crop of their own are validated with forgeries of theirs as well.
    """

    share: float = Field(0, ge=0, lt=1)  # of the crops of each batch
    methods: tuple[str, ...] = METHODS  # each as often as the others
    post_processing: float = Field(0.3, ge=0, le=1)  # probability, for bona fide and synthetic crops alike

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return parse_methods(methods)
        except UserError as error:
            raise ValueError(str(error)) from error
