from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from pydantic import BaseModel, Field
from typer.testing import CliRunner

from common.runtime.as_option import AsOption, Panel
from common.runtime.option_groups import OverridesOf, with_option_groups

Side = Annotated[int, AsOption("Side [px].", least=16)]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    names: Annotated[tuple[str, ...], AsOption("Names.")] = ("x", "y")
    side: Side | None = None


@dataclass(frozen=True)
class Options:
    colour: Annotated[Colour, AsOption("Which.", "Looks")] = Colour.RED
    width: Annotated[int, AsOption("Of a line.", name="line-width", default="thin", most=9)] = 0
    roles: Annotated[dict[str, str], AsOption("Roles.", parse=lambda words: dict.fromkeys(words, "!"))] = (
        field(default_factory=dict)
    )
    mirror: Annotated[bool, AsOption("Mirrored.")] = True
    own: float = 1.5  # no option
    inner: Annotated[Inner, Panel("Inside")] = Inner()


class Steps(BaseModel):
    rate: Annotated[float, AsOption("Rate.", name="lr")] = Field(1e-4, gt=0)
    size: Annotated[int, AsOption("Size.")] = Field(8, ge=4)
    decay: float = 0.1


class Config(BaseModel):
    data: Annotated[tuple[Path, ...], AsOption("Data.")] = (Path("here"),)
    device: Annotated[Literal["cpu", "cuda"] | None, AsOption("Device.")] = None
    partial: Annotated[bool, AsOption("Part.")] = False
    steps: Annotated[Steps, Panel("Steps")] = Steps(size=16)


def made(words: str) -> dict[str, Any]:
    """What the command below was given."""
    found: dict[str, Any] = {}
    app = typer.Typer()

    @app.command()
    @with_option_groups
    def command(
        source: Annotated[Path, typer.Argument()] = Path("in"),
        *,
        options: Options,
        overrides: Annotated[dict[str, Any], OverridesOf(Config)],
        out: Annotated[Path, AsOption("Written.")] = Path("out"),
    ) -> None:
        found.update(source=source, options=options, overrides=overrides, out=out)

    done = CliRunner().invoke(app, words.split(), env={"COLUMNS": "200", "NO_COLOR": "1"})
    return found | {"status": done.exit_code, "output": done.output}


def test_what_is_not_given_is_as_the_fields_say() -> None:
    found = made("")
    assert found["options"] == Options() and found["overrides"] == {}
    assert found["source"] == Path("in") and found["out"] == Path("out")


def test_what_is_given_reaches_its_field() -> None:
    found = made(
        "photos --colour blue --line-width 3 --roles a --roles b --no-mirror --names z --side 20 --out o"
    )
    inner = Inner(names=("z",), side=20)
    assert found["options"] == Options(Colour.BLUE, 3, {"a": "!", "b": "!"}, False, inner=inner)
    assert found["source"] == Path("photos") and found["out"] == Path("o")


def test_overrides_hold_what_is_given_alone_even_where_it_is_the_default() -> None:
    found = made("--lr 0.0001 --data a --data b --partial")
    assert found["overrides"] == {"steps.rate": 1e-4, "data": (Path("a"), Path("b")), "partial": True}


@pytest.mark.parametrize(
    ("words", "name", "told"),
    [
        ("--colour green", "'--colour'", "'green' is not one of 'red', 'blue'"),
        ("--side 15", "'--side'", "16"),
        ("--line-width 10", "'--line-width'", "9"),
        ("--size 3", "'--size'", "4"),
        ("--device tpu", "'--device'", "'tpu' is not one of 'cpu', 'cuda'"),
        ("--own 2", "", "No such option: --own"),
        ("--decay 1", "", "No such option: --decay"),
    ],
)
def test_a_wrong_value_is_refused_under_the_name_of_its_option(words: str, name: str, told: str) -> None:
    found = made(words)
    assert found["status"] == 2 and name in found["output"] and told in found["output"]


def test_the_help_tells_choices_bounds_defaults_and_panels() -> None:
    words = " ".join(made("--help")["output"].replace("│", " ").split())
    for told in (
        "--colour <red|blue> Which. [default: red]",
        "--line-width <int range> [x<=9] Of a line. [default: thin]",
        "--mirror --no-mirror <bool> Mirrored. [default: mirror]",
        "--names <list[str]> Names. [default: x, y]",
        "--side <int range> [x>=16] Side [px].",
        "--lr <float> Rate. [default: 0.0001]",
        "--device <cpu|cuda> Device.",
        "--partial <bool> Part.",
        "─ Looks ─",
        "─ Inside ─",
        "─ Steps ─",
    ):
        assert told in words, told


def test_a_mark_is_shown_by_its_help_alone() -> None:
    assert repr(AsOption("Pixels.", panel="Size", least=1, parse=len)) == "AsOption('Pixels.')"
