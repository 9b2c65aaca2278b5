"""Files of results: headers in JSON and columns, written fit for UTF-8 and read without trusting them."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from common.formats.csv_file import printable_utf8
from common.formats.hdf5 import MalformedError

Header = TypeVar("Header", bound=BaseModel)


def encodable(value: Any) -> Any:
    """The value with every text in it fit for UTF-8: lone surrogates are written as `\\udcff`."""
    if isinstance(value, str):
        return printable_utf8(value)
    if isinstance(value, dict):
        return {key: encodable(entry) for key, entry in value.items()}
    return [encodable(entry) for entry in value] if isinstance(value, list | tuple) else value


def parsed_header(kind: type[Header], data: bytes) -> Header:
    """The header that JSON holds. Raises MalformedError that says of what it says what cannot be."""
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise MalformedError(f"says what cannot be of {place or 'itself'}: {first['msg']}") from error


def within(values: NDArray[Any], least: float, most: float) -> bool:
    """Whether all values are from `least` to `most`; so it is where there are none."""
    return not values.size or bool(values.min() >= least and values.max() <= most)


def demand(holds: bool, otherwise: str) -> None:
    """Raise MalformedError, which says `otherwise`, unless something holds."""
    if not holds:
        raise MalformedError(otherwise)


def as_bytes(header: BaseModel, without: set[str] | None = None) -> NDArray[np.uint8]:
    """A header as the column that holds it; fields may be left out."""
    return np.frombuffer(header.model_dump_json(exclude=without).encode(), np.uint8)
