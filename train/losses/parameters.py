"""The parameters of a loss as its constructor declares them: names, types, ranges."""

import inspect
from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from train.losses.base import FaceLoss
from train.problems import UnfitParameter, in_plain_words

SIZES = ("embedding_size", "identities")  # what a constructor takes that the data and the backbone decide


def needed_sizes(loss: type[FaceLoss]) -> list[str]:
    """Those of `SIZES` that the constructor takes."""
    return [name for name in inspect.signature(loss).parameters if name in SIZES]


def own_parameters(loss: type[FaceLoss]) -> list[str]:
    """The names that a configuration may give, in the constructor's order."""
    return [name for name in inspect.signature(loss).parameters if name not in SIZES]


def checked_parameters(loss: type[FaceLoss], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with every value of its declared type, without making a loss.

    Raises UnfitParameter with one line that names the parameter whose value is of another type or out of
    range. Names must be those of `own_parameters`.
    """
    try:
        return _schema(loss).model_validate(dict(given)).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise UnfitParameter(name, f"{name} {in_plain_words(first)}") from error


def _schema(loss: type[FaceLoss]) -> type[BaseModel]:
    signature = inspect.signature(loss).parameters
    types = get_type_hints(loss.__init__, include_extras=True)
    fields: dict[str, Any] = {name: (types[name], signature[name].default) for name in own_parameters(loss)}
    strict = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    return create_model(loss.__name__, __config__=strict, **fields)
