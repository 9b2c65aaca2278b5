"""`infer threshold` of a classifier: what it reads, and output."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from align.tracks.options import USUAL_FRAMES
from common.runtime.command_line import console, print_notes, printable, progress_bar
from common.runtime.wording import counted
from infer.classification.request import ClassifyRequest
from infer.commands.options import ModelChoice, one_classifier

if TYPE_CHECKING:
    from common.metrics import CategoryErrors
    from common.models.crop_settings import CropSettings
    from infer.classification.faces import ClassifiedFaces
    from infer.classification.member import Member
    from infer.models.classifier_note import ClassifierNote
    from infer.threshold_of_classifier import ChosenVerdicts, Kind

RESULTS_SUFFIX = ".h5"  # of what 'infer classify' leaves


def choose_for_classifier(
    source: Path, kind: "Kind", asked: float, model: ModelChoice, wanted: ClassifyRequest, workers: int | None
) -> None:
    """Choose the threshold of a classifier within a rate on labelled faces, print it and store it beside it.

    `source` may also be a file of results of `infer classify`. Raises UserError for `model.colour`, which is
    of encoders, and as `choose_verdicts`.
    """
    from infer.threshold_of_classifier import choose_verdicts, scored_faces

    if source.suffix.lower() == RESULTS_SUFFIX and source.is_file():
        file, sha256, faces = scored_faces(source, None if model.name is None else Path(model.name))
        crops = None
        console.print(f"model {escape(printable(str(file)))}, which made these results")
    else:
        member, faces, crops = _classified(source, model, wanted, workers)
        file, sha256 = member.file, member.model.sha256
    print_notes(faces.notes)
    found = choose_verdicts(faces, kind, asked)
    print_verdicts(found)
    store_verdicts(file, sha256, found.noted(crops))


def _classified(
    source: Path, model: ModelChoice, wanted: ClassifyRequest, workers: int | None
) -> "tuple[Member, ClassifiedFaces, CropSettings | None]":
    """The classifier, the faces of a source that it has scored, and how photographs were cropped for it."""
    from common.formats.shard_folder import is_shard_folder
    from infer.classification.clip_source import images_and_clips_of
    from infer.classify import classify_images
    from infer.commands.classifier_told import tell_ensemble

    stored = is_shard_folder(source)
    ensemble = one_classifier(model, stored)
    tell_ensemble(ensemble, stored)
    images = images_and_clips_of(source, wanted, USUAL_FRAMES)
    with progress_bar("Classifying") as progress:
        faces = classify_images(images, ensemble, workers, progress)
    (member,) = ensemble.members
    return member, faces, None if stored else member.crops


def store_verdicts(file: Path, sha256: str, note: "ClassifierNote") -> None:
    """Store a threshold beside a classifier; print where, what speaks against it, and what it replaces."""
    from infer.models.notes import note_operating_point, read_notes

    if note.doubts():
        told = f"{note.doubts()}; every verdict with it will say so"
        console.print(f"[yellow]careful:[/] it is not to be relied on: {told}")
    earlier = read_notes(file, sha256).classification
    stored = note_operating_point(file, note, sha256)
    if earlier is not None and earlier.threshold != note.threshold:
        before = (
            f"{earlier.threshold:.4f}, chosen for {earlier.kind.upper()} {earlier.asked:g} on {earlier.faces}"
        )
        console.print(f"[yellow]note:[/] it takes the place of {escape(before)}")
    console.print(f"stored in {escape(str(stored))}: commands with this model use it from now on")


def print_verdicts(found: "ChosenVerdicts") -> None:
    """Print a threshold, so that the very number can be given to `--threshold`, its band and error rates."""
    console.print(
        f"[bold]threshold {found.point.threshold!r}[/] for {found.kind.upper()} {found.point.asked:g}"
    )
    table = Table("at this threshold", "rate", "faces", "95 % interval")
    _add_row(table, "BPCER: bona fide faces called synthetic", found.decisions.bona_fide)
    _add_row(table, "APCER: synthetic faces called bona fide", found.decisions.synthetic)
    console.print(table)
    low, high = found.undecided
    if low < high:
        console.print(f"no verdict from P(synthetic) {low:.4f} to {high:.4f}: half of the errors lie there")
    console.print("these rates are of the faces that it was chosen on; count them on others too")
    if found.point.faces_to_trust is not None:
        words, few = found.few
        console.print(
            f"[yellow]{few:,} {words} faces are few for this rate[/]: take {found.point.faces_to_trust:,} or "
            "more to trust it (rule of three)"
        )
    if found.unscored:
        told = ", ".join(f"{count:,} {verdict.value}" for verdict, count in found.unscored.items())
        console.print(f"[yellow]not classified[/], in no rate: {told}")
    if found.unlabelled:
        console.print(
            f"[yellow]{counted(found.unlabelled, 'face has', 'faces have')} no label, not counted[/]"
        )


def _add_row(table: Table, name: str, found: "CategoryErrors") -> None:
    from infer.threshold import exact_interval

    low, high = exact_interval(found)
    faces = f"{found.errors:,} of {found.total:,}"
    table.add_row(name, f"{found.rate:.6f}", faces, f"{low:.6f} to {high:.6f}")
