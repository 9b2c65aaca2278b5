"""The classifiers that a command uses, and where they call a face synthetic, for people."""

from typing import TYPE_CHECKING

from rich.markup import escape

from common.models.crop_settings import CropSettings
from common.models.view_names import DEFAULT_VIEWS
from common.runtime.command_line import console, printable
from infer.cropping import described

if TYPE_CHECKING:
    from common.models.classifier_checkpoint import OperatingPoint
    from infer.classification.ensemble import Ensemble
    from infer.classification.member import Member


def tell_ensemble(ensemble: "Ensemble", stored_crops: bool = False) -> None:
    """Print each model, why it was taken, and how its crops are cut unless the source holds crops already."""
    for member in ensemble.members:
        _tell_member(member, stored_crops)
    if len(ensemble.members) > 1:
        console.print(f"an ensemble of {len(ensemble.members)}: the mean of their calibrated logits")
    views = {member.views for member in ensemble.members} - {DEFAULT_VIEWS}
    for own in sorted(views):
        console.print(f"logits are averaged over the crop {'and ' if own else 'alone'}{', '.join(own)}")
    if stored_crops:
        console.print("the crops of the source are taken as they are")


def tell_point(point: "OperatingPoint") -> None:
    """Print the threshold, where it comes from, and the band without a verdict."""
    console.print(f"threshold {point.threshold:.4f} ({_safe(point.threshold_from)})")
    low, high = point.undecided
    if low < high:
        console.print(f"no verdict from P(synthetic) {low:.4f} to {high:.4f}")


def _tell_member(member: "Member", stored_crops: bool) -> None:
    info = member.info
    said = [info.network, f"recipe {info.recipe}" if info.recipe else "", info.trained_on]
    console.print(f"model {_safe(f'{member.file} ({member.chosen}): ' + ', '.join(filter(None, said)))}")
    if info.crops is None:
        console.print(
            f"[yellow]assumed:[/] crops by the defaults of 'align run', of {member.size} pixels; the file "
            "does not say how those of its training were made"
        )
    if stored_crops:
        return
    used, trained = described(member.crops), described(info.crops or CropSettings())
    if used:
        console.print(f"crops by {_safe(used)}, {'as for its training' if used == trained else 'as asked'}")
    if used != trained and info.crops is not None:
        before = trained or "the defaults of 'align run'"
        console.print(f"[yellow]careful:[/] the crops of its training were made by {_safe(before)}")


def _safe(text: str) -> str:
    return escape(printable(text))
