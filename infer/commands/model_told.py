"""The model that a command uses, why that one, and how photographs are cropped for it, for people."""

from typing import TYPE_CHECKING

from rich.markup import escape

from align.detectors.registry import NONE
from common.models.crop_settings import CropSettings
from common.runtime.command_line import console, print_notes, printable
from infer.cropping import described

if TYPE_CHECKING:
    from infer.models.model import FaceModel

LONGEST = 100  # characters of what a model was trained on


def tell_model(model: "FaceModel", stored_crops: bool = False) -> None:
    """Print the model, why it was taken, what differs in its crops, and what its file does not say.

    Args:
        model: the one that is used.
        stored_crops: whether the source holds crops already, so that none are made.
    """
    from common.runtime.onnx_session import fallback_notes

    card = model.card
    data = card.trained_on
    trained_on = f", trained on {data if len(data) <= LONGEST else f'{data[:LONGEST]}…'}" if data else ""
    console.print(f"model {_safe(f'{card.name} ({card.chosen}): {card.backbone}{trained_on}')}")
    if stored_crops:
        console.print("the crops of the source are taken as they are")
    else:
        _tell_crops(model)
    print_notes(fallback_notes(model.asked_device))
    for assumption in card.assumed:
        console.print(f"[yellow]assumed:[/] {_safe(assumption)}")


def _tell_crops(model: "FaceModel") -> None:
    card = model.card
    used, trained = described(model.crops), described(card.crops or CropSettings())
    if used:
        why = "as for its training" if used == trained else "as asked"
        how = "images are taken as crops, as they are" if model.crops.detector == NONE else f"crops by {used}"
        console.print(f"{_safe(how)}, {why}")
    if used != trained and card.crops is not None:
        before = trained or "the defaults of 'align run'"
        console.print(f"[yellow]careful:[/] the crops of its training were made by {_safe(before)}")


def _safe(text: str) -> str:
    return escape(printable(text))
