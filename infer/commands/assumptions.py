"""What had to be assumed of a model, told before it is used."""

from typing import TYPE_CHECKING

from rich.markup import escape

from common.command_line import console, printable

if TYPE_CHECKING:
    from infer.models.model import ModelCard


def print_assumptions(card: "ModelCard") -> None:
    """A line for each thing that the model's file does not say."""
    for assumption in card.assumed:
        console.print(f"[yellow]assumed:[/] {escape(printable(assumption))}")
