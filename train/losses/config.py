"""Configuration of a run's loss: terms by name, their parameters and weights."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from common.runtime.as_option import AsOption
from train.losses.names import LossName
from train.problems import UnfitParameter, UnknownLoss
from train.section import Section


class LossTerm(Section):
    """One loss by name, its parameters under their constructor's names, and what it weighs in the sum.

    Refuses, with the nearest known one, a name that is not in `LOSSES` and a parameter that the loss does not
    have, and a value that is out of its range.
    """

    name: str
    parameters: dict[str, float | bool | str] = Field(default_factory=dict)
    weight: float = Field(1.0, gt=0, allow_inf_nan=False)

    @field_validator("name")
    @classmethod
    def _known_loss(cls, name: str) -> str:
        from train.losses.registry import LOSSES  # here: torch comes with them, which `--help` has no use for

        if name not in LOSSES:
            raise UnknownLoss(f"unknown loss '{name}'; {_known(name, LOSSES)}")
        return name

    @field_validator("parameters", mode="before")
    @classmethod
    def _known_parameters(cls, given: Any, info: ValidationInfo) -> Any:
        if "name" not in info.data or not isinstance(given, dict):
            return given  # refused elsewhere
        from train.losses.parameters import checked_parameters, own_parameters
        from train.losses.registry import LOSSES

        loss = LOSSES[info.data["name"]]
        own = own_parameters(loss)
        for name in given:
            if name not in own:
                told = f"{info.data['name']} has no parameter '{name}'; {_known(str(name), own)}"
                raise UnfitParameter(str(name), told)
        return checked_parameters(loss, given)


class LossConfig(LossTerm):
    """The loss of a run: one term, and any others to add to it."""

    name: Annotated[str, AsOption(f"{', '.join(LossName)}.", name="loss")] = LossName.DYNAMIC_MARGIN.value
    add: tuple[LossTerm, ...] = ()


def _known(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    return (f"did you mean '{near[0]}'? " if near else "") + f"known: {', '.join(names) or 'none'}"
