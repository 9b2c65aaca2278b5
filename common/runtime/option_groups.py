"""Options of commands made from the fields of settings classes: help, bounds and defaults stand at the field.

    @with_option_groups
    def run(source: Path, *, options: AlignOptions, workers: Workers = None) -> None:

is a command with an option for every field of `AlignOptions` that has an `AsOption`; it gets an
`AlignOptions`. Settings classes are dataclasses and pydantic models; one may hold others.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import typer
from rich.markup import escape

from common.runtime.as_option import AsOption, NoOption, Panel

Result = TypeVar("Result")
Kind = TypeVar("Kind")
Place = tuple[str, ...]  # names: a parameter of the command, then fields, from the outside in
NO_DEFAULT = inspect.Parameter.empty
NOT_TOLD = (None, "", NO_DEFAULT, dataclasses.MISSING)  # as defaults


@dataclasses.dataclass(frozen=True)
class OverridesOf:
    """Marks a parameter that gets what was given of a settings class: `{"batch.size": 64}`."""

    settings: type


@dataclasses.dataclass(frozen=True)
class OptionField:
    """A field of a settings class, or a parameter of a command, that is an option."""

    place: Place
    option: AsOption
    panel: str
    type: Any  # of its value, without None
    default: Any
    least: float | None
    most: float | None

    @property
    def name(self) -> str:
        """The option: `--det-size`."""
        return f"--{self.option.name or self.place[-1].replace('_', '-')}"

    def parameter(self) -> inspect.Parameter:
        """The parameter that typer makes the option of; None where the option was not given."""
        several = self.option.parse is not None or get_origin(self.type) is tuple
        one = str if self.option.parse else get_args(self.type)[0] if several else self.type
        other = [f"--{self.option.other_name}"] if self.option.other_name else []
        told = typer.Option(
            f"{self.name}/--no-{self.name[2:]}" if self.default is True else self.name,
            *other,
            help=escape(self.option.help + self._told_default()),
            min=self.least,
            max=self.most,
            metavar=self.option.metavar,
            rich_help_panel=self.panel or None,
        )
        annotation = Annotated[(list[one] if several else one) | None, told]  # type: ignore[valid-type]
        return inspect.Parameter(
            "__".join(self.place), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
        )

    def value(self, given: Any) -> Any:
        """The field's value of what the option was given, None if it was not."""
        if not isinstance(given, list):
            return given
        return (self.option.parse or tuple)(given) if given else None

    def _told_default(self) -> str:
        told = self.option.default or self.default
        if told is True:
            told = self.name[2:]
        elif isinstance(told, tuple):
            told = ", ".join(map(str, told))
        return "" if told in NOT_TOLD or told is False else f" [default: {told}]"


def option_fields(
    hint: Any, default: Any = NO_DEFAULT, place: Place = (), panel: str = ""
) -> Iterator[OptionField]:
    """The options that an annotated type stands for: itself, or the fields of a settings class, in order."""
    kind, marks = _unwrapped(hint)
    if _mark(NoOption, marks):
        return
    panel = next((mark.title for mark in marks if isinstance(mark, Panel)), panel)
    if option := _mark(AsOption, marks):
        least = next((mark.ge for mark in marks if hasattr(mark, "ge")), option.least)
        most = next((mark.le for mark in marks if hasattr(mark, "le")), option.most)
        yield OptionField(place, option, panel or option.panel, kind, default, least, most)
    else:
        settings = type(default) is kind  # a section's own default goes before those of its fields
        for name, (below, own_default) in _fields(kind).items():
            told = getattr(default, name) if settings else own_default
            yield from option_fields(below, told, (*place, name), panel)


def with_option_groups(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command with an option for each field of its parameters of a settings class.

    Of a parameter that is marked with `OverridesOf` as well; one with `AsOption` is an option itself. All
    other parameters stay as they are.
    """
    signature = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    fields: list[OptionField] = []
    groups: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        overrides = _mark(OverridesOf, _unwrapped(parameter.annotation)[1])
        hint = overrides.settings if overrides else parameter.annotation
        if own := list(option_fields(hint, parameter.default, (name,))):
            groups.append(parameter)
            fields += own
            parameters += [field.parameter() for field in own]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def expanded(**given: Any) -> Result:
        told = [(field.place, field.value(given.pop("__".join(field.place)))) for field in fields]
        for group in groups:
            own = {place[1:]: value for place, value in told if place[0] == group.name and value is not None}
            kind, marks = _unwrapped(group.annotation)
            if _mark(OverridesOf, marks):
                given[group.name] = {".".join(place): value for place, value in own.items()}
            else:
                given[group.name] = _assembled(kind, group.default, own)
        return command(**given)

    expanded.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return expanded


def _assembled(kind: Any, default: Any, values: Mapping[Place, Any]) -> Any:
    """An object of a settings class with these values of its fields, or the value that is no field's."""
    if () in values:
        return values[()]
    if not values and default is not NO_DEFAULT:
        return default
    own: dict[str, dict[Place, Any]] = {}
    for place, value in values.items():
        own.setdefault(place[0], {})[place[1:]] = value
    fields = _fields(kind)
    return kind(
        **{
            name: _assembled(_unwrapped(fields[name][0])[0], fields[name][1], below)
            for name, below in own.items()
        }
    )


def _fields(kind: Any) -> dict[str, tuple[Any, Any]]:
    """(type with what is annotated, default) of each field; empty for what is no settings class."""
    if hasattr(kind, "model_fields"):  # of pydantic, which need not be imported for this
        return {
            name: (Annotated[(info.annotation, *info.metadata, None)], info.default)
            for name, info in kind.model_fields.items()
        }
    if not dataclasses.is_dataclass(kind):
        return {}
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: (hints[field.name], field.default) for field in dataclasses.fields(kind)}


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type without `Annotated` and `| None`, and all that was annotated, from the outside in."""
    if get_origin(hint) is Annotated:
        kind, marks = _unwrapped(hint.__origin__)
        return kind, hint.__metadata__ + marks
    if get_origin(hint) in (Union, UnionType):
        others = [kind for kind in get_args(hint) if kind is not NoneType]
        if len(others) == 1:
            return _unwrapped(others[0])
    return hint, ()


def _mark(kind: type[Kind], marks: tuple[Any, ...]) -> Kind | None:
    return next((mark for mark in marks if isinstance(mark, kind)), None)
