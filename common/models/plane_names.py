"""Names of the planes that a classifier sees of a crop, and the channels of each. No torch here."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field

from common.runtime.errors import UserError

PlaneName = Literal["rgb", "spectrum", "srm", "srm_published"]

# the channels of each
PLANES: Mapping[str, int] = MappingProxyType({"rgb": 3, "spectrum": 3, "srm": 3, "srm_published": 3})
RGB: tuple[PlaneName, ...] = ("rgb",)


def channels_of(planes: Iterable[str]) -> int:
    """The channels of planes together, which a network takes."""
    return sum(PLANES[name] for name in planes)


def parse_planes(texts: Iterable[str]) -> tuple[PlaneName, ...]:
    """Names, each text one or several parted by commas, in the order of `PLANES`, whatever theirs was.

    Raises UserError for an unknown name, or none.
    """
    named = [name for text in texts for part in text.split(",") if (name := part.strip())]
    if unknown := [name for name in named if name not in PLANES]:
        raise UserError(f"unknown plane '{unknown[0]}'; choose of {', '.join(PLANES)}")
    if not named:
        raise UserError(f"no planes are named; choose of {', '.join(PLANES)}")
    return tuple(cast(PlaneName, name) for name in PLANES if name in named)


def _each_once(planes: tuple[PlaneName, ...]) -> tuple[PlaneName, ...]:
    if len(set(planes)) < len(planes):
        raise ValueError("a plane is named twice")
    return planes


def _parsed(planes: Any) -> Any:
    texts = [planes] if isinstance(planes, str) else planes
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return planes
    try:
        return parse_planes(texts)
    except UserError as error:
        raise ValueError(str(error)) from error


PlaneNames = Annotated[tuple[PlaneName, ...], Field(min_length=1), AfterValidator(_each_once)]
PlaneChoice = Annotated[PlaneNames, BeforeValidator(_parsed)]  # as people name them
