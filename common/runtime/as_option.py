"""What a field of a settings class is as an option of a command; made by `common.runtime.option_groups`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class AsOption:
    """The option that a field is: `det_size: Annotated[int, AsOption("Pixels.")] = 640`.

    Attributes:
        help: what the option means; its default is shown behind it.
        panel: title of the group of options that the help shows it in.
        name: without the dashes; by default that of the field.
        other_name: a second one for the same.
        default: what stands in the help for a default of None.
        least: smallest value allowed, where the field has no `ge`.
        most: largest value allowed, where the field has no `le`.
        metavar: what stands for the value in the help; by default its type.
        parse: makes the field's value of all the words that the option was given.
    """

    help: str
    panel: str = ""
    name: str = ""
    other_name: str = ""
    default: str = ""
    least: float | None = None
    most: float | None = None
    metavar: str | None = None
    parse: Callable[[list[str]], Any] | None = None

    def __repr__(self) -> str:  # short, for it stands in the signatures that `help` shows
        return f"AsOption({self.help!r})"


@dataclass(frozen=True)
class Panel:
    """The title in the help for all options of a nested settings class; it goes before their own."""

    title: str


@dataclass(frozen=True)
class NoOption:
    """Marks a field whose options a command does not have, though it is one of its settings class."""


Workers = Annotated[
    int | None,
    AsOption("Processes; by default one per core, and where they compute on a GPU at most four.", least=1),
]
AllowMissing = Annotated[
    bool, AsOption("Take the shards that lie there, also where their manifest lists others.")
]
