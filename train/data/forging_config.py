"""Configuration of the forgeries that are made while batches are read."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from common.forge.method_names import METHODS, parse_methods
from common.runtime.as_option import AsOption
from common.runtime.errors import UserError
from train.section import Section

ForgeSeed = Literal["clip", "frame"]


class ForgeConfig(Section):
    """Synthetic faces made from the bona fide crops of each batch while it is read; off at share 0.

    People held out who have no synthetic crop of their own are validated with forgeries of theirs as well.
    """

    share: Annotated[
        float,
        AsOption(
            "Share of each batch to turn into forgeries, made of its bona fide crops; 0.25 is good.",
            name="forge",
        ),
    ] = Field(0, ge=0, lt=1)
    methods: Annotated[
        tuple[str, ...],
        AsOption("By name, with commas between; each as often as the others.", name="forge-methods"),
    ] = METHODS
    post_processing: float = Field(0.3, ge=0, le=1)  # probability, for bona fide and synthetic crops alike

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return parse_methods(methods)
        except UserError as error:
            raise ValueError(str(error)) from error
