"""Configurations read from a TOML file and the command line, and what is wrong with them in one line."""

import difflib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from common.runtime.as_option import AsOption
from common.runtime.errors import UserError
from train.packaged_configs import packaged_config, packaged_config_names
from train.problems import UnfitParameter, cause_of, in_plain_words
from train.section import CommandConfig

EMPTY: Mapping[str, Any] = MappingProxyType({})
MAX_CONFIG_BYTES = 1_000_000
Config = TypeVar("Config", bound=CommandConfig)


def load_config(
    kind: type[Config], file: str | None, overrides: dict[str, Any], base: Config | None = None
) -> Config:
    """The configuration of a file, with values from the command line on top.

    Args:
        kind: its class.
        file: path of a TOML file, of a run's `config.json`, or the name of a file that ships with facetrust
            (`demo`, `cpu`); None for the defaults.
        overrides: by dotted key (`"optimiser.learning_rate"`); None values are passed over.
        base: what file and overrides are laid over, in the place of the defaults.

    Raises UserError that names the key that is unknown or out of range.
    """
    values = base.model_dump(mode="json") if base else {}
    if file:
        _lay_over(values, _read_file(kind, file))
    for key, value in overrides.items():
        if value is not None:
            *tables, name = key.split(".")
            table = values
            for part in tables:
                table = table.setdefault(part, {})
                if not isinstance(table, dict):
                    raise UserError(f"{file}: '{'.'.join(tables)}' must be a table, not {table!r}")
            table[name] = value
    try:
        config = kind.model_validate(values)
    except ValidationError as error:
        raise UserError(explain(kind, error, file, overrides)) from error
    for option, needed in without_effect(config, overrides):
        raise UserError(f"{option} has no effect without {needed}: add that, or leave {option} out")
    config.check()
    return config


def without_effect(config: CommandConfig, given: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    """Options that play no part since another one is missing, each with that other.

    Of the settings that were given by dotted key or, without `given`, of those that are not their defaults.
    """
    known, values = _known_keys(type(config)), config.model_dump(mode="json")
    defaults = type(config)().model_dump(mode="json")
    found = []
    for key, needed in config.needed.items():
        is_told = given.get(key) if given is not None else _look_up(values, key) != _look_up(defaults, key)
        if is_told and not any(_look_up(values, other) for other in needed):
            found.append((f"--{known[key]}", " or ".join(f"--{known[other]}" for other in needed)))
    return found


def changed_keys(old: Config, new: Config) -> list[str]:
    """The dotted keys in which two configurations differ, in their order."""
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    return [key for key in _known_keys(type(old)) if _look_up(before, key) != _look_up(after, key)]


def _look_up(values: dict[str, Any], key: str) -> Any:
    found: Any = values
    for part in key.split("."):
        found = found[part]
    return found


def _lay_over(values: dict[str, Any], upper: dict[str, Any]) -> None:
    for key, value in upper.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _lay_over(values[key], value)
        else:
            values[key] = value


def _read_file(kind: type[CommandConfig], file: str) -> dict[str, Any]:
    path = Path(file)
    if not path.exists():
        path = packaged_config(kind.command, file) or path
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise UserError(f"{path} is too large to be a configuration")
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        shipped = ", ".join(packaged_config_names(kind.command))
        raise UserError(f"no configuration {file}; name a TOML file or one of: {shipped}") from error
    except (ValueError, RecursionError) as error:
        syntax = "JSON" if path.suffix == ".json" else "TOML"
        raise UserError(f"{path} is not valid {syntax}: {error}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} is not a configuration: it must hold keys and values")
    return values


def explain(
    kind: type[CommandConfig],
    error: ValidationError,
    file: str | None = None,
    overrides: Mapping[str, Any] = EMPTY,
) -> str:
    """One line on the first error: its key, or its option, and the file where the value came from that."""
    first = error.errors()[0]
    key, cause = ".".join(str(part) for part in first["loc"]), cause_of(first)
    known = _known_keys(kind)
    if isinstance(cause, UnfitParameter):
        key += f".{cause.name}"
    full = key  # as far as an unknown key was written
    if first["type"] == "extra_forbidden" and isinstance(first["input"], dict) and first["input"]:
        full += f".{next(iter(first['input']))}"
    given = next((name for name in overrides if f"{full}.".startswith(f"{name}.")), None)
    where = f"{file}: " if file and not given else ""
    if first["type"] == "extra_forbidden":
        near = _nearest(full, known)
        return f"{where}unknown key '{given or key}'" + (f"; did you mean '{near}'?" if near else "")
    option = f" (--{known[given]})" if given and known.get(given) else ""
    return f"{where}{key}{option}{': ' if key else 'it '}{in_plain_words(first)}"


def _nearest(key: str, known: Mapping[str, str | None]) -> str | None:
    """The key that was meant: by its option, then by its last part, then by all of its letters."""
    last = key.rpartition(".")[2]
    same = [name for name, option in known.items() if option and last.replace("_", "-") == option]
    same = same or [name for name in known if name.rpartition(".")[2] == last]
    near = difflib.get_close_matches(key, same or known, n=1, cutoff=0 if same else 0.6)
    return near[0] if near else None


def _known_keys(section: type[BaseModel], prefix: str = "") -> dict[str, str | None]:
    """The dotted keys in their order, each with the name of its option if it has one."""
    keys: dict[str, str | None] = {}
    for name, field in section.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            keys |= _known_keys(nested, f"{prefix}{name}.")
        else:
            option = next((mark for mark in field.metadata if isinstance(mark, AsOption)), None)
            keys[prefix + name] = (option.name or name.replace("_", "-")) if option else None
    return keys
