"""Registry of losses: the names that `--loss` takes, their configuration, and how one is made."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from train.loss_names import LossName
from train.losses.adaface import AdaFaceLoss
from train.losses.arcface import ArcFaceLoss
from train.losses.base import FaceLoss
from train.losses.cosface import CosFaceLoss
from train.losses.dynamic_margin import DynamicMarginLoss
from train.losses.parameters import checked_parameters, needed_sizes, own_parameters
from train.losses.synthetic_direction import SyntheticDirectionLoss
from train.losses.triplet import TripletLoss
from train.losses.weighted_sum import WeightedSum
from train.section import Section

LOSSES: dict[str, type[FaceLoss]] = {  # all of `LossName`
    LossName.DYNAMIC_MARGIN: DynamicMarginLoss,
    LossName.ARCFACE: ArcFaceLoss,
    LossName.COSFACE: CosFaceLoss,
    LossName.ADAFACE: AdaFaceLoss,
    LossName.TRIPLET: TripletLoss,
    LossName.SYNTHETIC_DIRECTION: SyntheticDirectionLoss,
}


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
        if name not in LOSSES:
            raise ValueError(f"unknown loss '{name}'; {_known(name, LOSSES)}")
        return name

    @field_validator("parameters", mode="before")
    @classmethod
    def _known_parameters(cls, given: Any, info: ValidationInfo) -> Any:
        if "name" not in info.data or not isinstance(given, dict):
            return given  # refused elsewhere
        loss = LOSSES[info.data["name"]]
        own = own_parameters(loss)
        for name in given:
            if name not in own:
                raise ValueError(f"{info.data['name']} has no parameter '{name}'; {_known(str(name), own)}")
        return checked_parameters(loss, given)


class LossConfig(LossTerm):
    """The loss of a run: one term, and any others to add to it."""

    name: str = LossName.DYNAMIC_MARGIN.value
    add: tuple[LossTerm, ...] = ()


def create_loss(config: LossConfig, embedding_size: int, identities: int) -> FaceLoss:
    """The loss that `config` describes: plain if it is one term of weight 1, else a `WeightedSum`.

    Args:
        config: what to make.
        embedding_size: length of an embedding.
        identities: number of training identities; some losses learn a centre for each.
    """
    sizes = {"embedding_size": embedding_size, "identities": identities}
    parts = [(term.weight, _create(term, sizes)) for term in (config, *config.add)]
    if len(parts) == 1 and config.weight == 1:
        return parts[0][1]
    return WeightedSum(parts)


def _create(term: LossTerm, sizes: dict[str, int]) -> FaceLoss:
    loss = LOSSES[term.name]
    return loss(**{name: sizes[name] for name in needed_sizes(loss)}, **term.parameters)


def _known(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    return (f"did you mean '{near[0]}'? " if near else "") + f"known: {', '.join(names) or 'none'}"
