"""`infer classify`: options and output."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from common.runtime.as_option import AsOption, Workers
from common.runtime.command_line import console, examples, print_notes, printable, progress_bar
from common.runtime.errors import ParameterError
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from common.runtime.worker_processes import start_fork_server
from infer.classification.caution import NOT_ACROSS
from infer.classification.request import MOST_EXPLAINED, ClassifyRequest, ClipRequest, FaceTableFormat
from infer.commands.classifier_told import tell_ensemble, tell_point
from infer.commands.copy_told import Render, refuse_unless_clip, write_copy_of_clip
from infer.commands.figures_told import tell_figures
from infer.commands.options import RESULTS, ClassifierChoice

if TYPE_CHECKING:
    from infer.classification.ensemble import Ensemble
    from infer.classification.faces import ClassifiedFaces
    from infer.classify import Classification

EXAMPLES = examples(
    "python -m infer classify portrait.jpg",
    "python -m infer classify photographs --model a.safetensors --model b.safetensors",
    "python -m infer classify group.jpg --face all",
    "python -m infer classify test_images --format submission --out results",
    "python -m infer classify portrait.jpg --explain 1",
    "python -m infer classify clip.mp4 --out results",
    "python -m infer classify clip.mp4 --every 0.2 --render annotated.mp4",
    "python -m infer classify clips --every 0.5 --temporal topk",
)
BONA_FIDE, SYNTHETIC, NO_ANSWER = 0, 1, 2  # exit status
MOST_TOLD = 20  # faces of a clip


@dataclass(frozen=True)
class ClassifyOutput:
    """What is written, and where."""

    out: Annotated[
        Path | None,
        AsOption(
            "Folder for verdicts, figures, picture and results.",
            default=f"{RESULTS}, for one photograph or clip none",
        ),
    ] = None
    table_format: Annotated[
        FaceTableFormat,
        AsOption(
            "Of the table: csv, parquet, prediction, which is filename,pred,value, or submission, which is "
            "Id,target_feature, 1 for synthetic, also where no face is found.",
            name="format",
        ),
    ] = FaceTableFormat.CSV
    explain: Annotated[
        int | None,
        AsOption(
            "Heat maps of so many faces, as PNG in NAME_explained: of each class the hardest, 40 of which a "
            "page of 'infer report' may show.",
            least=1,
            most=MOST_EXPLAINED,
        ),
    ] = None
    render: Render = None


@with_option_groups
def classify(
    source: Annotated[
        Path,
        typer.Argument(
            help="One photograph or clip; a folder of them in any layout of 'align run', or a CSV that lists "
            "them; or a folder of shards.",
            show_default=False,
        ),
    ],
    *,
    model: ClassifierChoice,
    wanted: ClassifyRequest,
    clips: ClipRequest,
    output: ClassifyOutput,
    workers: Workers = None,
) -> None:
    """Is a face synthetic? P(synthetic) and a verdict for each, and the error rates where labels are known.

    Of one photograph or clip the exit status is 0 for bona fide, 1 for synthetic, and 2 for no answer: no
    face, a file that cannot be read, or too near to the threshold. Of a clip the face with the highest score
    decides, whichever --face names.
    """
    if workers != 1:
        start_fork_server("align.crops.aligner")  # its imports go on beside ours
    from common.formats.shard_folder import is_shard_folder
    from infer.classification.source import is_one_file

    one, stored = is_one_file(source, clips=True), is_shard_folder(source)
    if one and output.out is None and output.table_format is not FaceTableFormat.CSV:
        told = output.table_format.value
        raise ParameterError("of one photograph or clip {format} {} is written with {out} alone", told)
    refuse_unless_clip(source, one, output.render)
    ensemble = model.load(stored)
    written = not one or output.out is not None or output.explain is not None
    if written:
        tell_ensemble(ensemble, stored)
        faces = _classified_and_written(source, ensemble, workers, wanted, clips, output)
    else:
        from infer.classification.clip_source import images_and_clips_of
        from infer.classify import classify_images

        images = images_and_clips_of(source, wanted, clips.options)
        faces = classify_images(images, ensemble, 1, temporal=clips.temporal)
    if one:
        _print_one(faces)
        print_notes(faces.notes if output.out is None else ())
    if output.render is not None:
        write_copy_of_clip(source, faces, output.render)
    tell_point(faces.point)
    if not written:
        tell_ensemble(ensemble)
    console.print(f"[yellow]note:[/] {NOT_ACROSS}")
    if one:
        raise typer.Exit(_status(faces))


def _classified_and_written(
    source: Path,
    ensemble: "Ensemble",
    workers: int | None,
    wanted: ClassifyRequest,
    clips: ClipRequest,
    output: ClassifyOutput,
) -> "ClassifiedFaces":
    from infer.classify import classify_source

    out, explain = output.out or RESULTS, output.explain or 0
    with progress_bar("Classifying") as progress:
        found = classify_source(
            source, out, ensemble, output.table_format, workers, progress, wanted, explain, clips
        )
    _print_faces(found, output.table_format)
    if found.figures:
        tell_figures(found.figures)
    console.print(f"Figures and picture: {escape(printable(f'{found.figures_file}, {found.picture_file}'))}")
    if found.clips is not None:
        written = ", ".join(map(str, vars(found.clips).values()))
        console.print(f"Clips: {escape(printable(written))}")
    if found.explained is not None:
        of_first = ", of the first model alone" if len(ensemble.members) > 1 else ""
        console.print(f"Heat maps{of_first}: {escape(printable(str(found.explained)))}")
    return found.faces


def _print_faces(found: "Classification", table_format: FaceTableFormat) -> None:
    from infer.classification.table import unanswered

    faces = found.faces
    print_notes(faces.notes)
    told = ", ".join(f"{count:,} {verdict.value}" for verdict, count in faces.counts.items())
    console.print(f"{counted(len(faces), 'verdict')}: {told}; {escape(printable(str(found.table_file)))}")
    if table_format is FaceTableFormat.SUBMISSION and (missing := unanswered(faces)):
        told = ", ".join(f"{count:,} {verdict.value}" for verdict, count in missing.items())
        console.print(
            f"[yellow]the submission answers for {told}[/]: undecided ones by the threshold alone, those "
            "without a face as synthetic"
        )


def _print_one(faces: "ClassifiedFaces") -> None:
    import numpy as np

    from infer.classification.faces import probabilities
    from infer.classification.verdict import FACE_VERDICTS, SAID, FaceVerdict

    colours = {FaceVerdict.BONA_FIDE: "green", FaceVerdict.SYNTHETIC: "red"}
    columns = zip(faces.verdict_codes.tolist(), faces.reasons(), strict=True)
    for number, (code, reason) in enumerate(columns):
        verdict = FACE_VERDICTS[code]
        which = f"face {number}: " if len(faces) > 1 else ""
        console.print(f"[bold {colours.get(verdict, 'yellow')}]{which}{SAID[verdict]}[/]")
        console.print(escape(printable(reason)))
    for clip in faces.clips.values():
        if len(clip.tracks) > 1:
            for track in clip.tracks[:MOST_TOLD]:
                (score,) = probabilities(np.array([track.logit]))
                seen = f"{counted(len(track), 'frame')}, {track.seconds[0]:.1f} to {track.seconds[-1]:.1f} s"
                console.print(f"face {track.number}: P(synthetic) {score:.2f} in {seen}")
        if more := len(clip.tracks[MOST_TOLD:]):
            console.print(f"and {counted(more, 'face')} more, which --out writes to a table")


def _status(faces: "ClassifiedFaces") -> int:
    """The exit status for one photograph or clip: that of its most doubtful face, where there are several."""
    from infer.classification.verdict import FaceVerdict

    found = faces.counts
    if FaceVerdict.SYNTHETIC in found:
        return SYNTHETIC
    return BONA_FIDE if set(found) == {FaceVerdict.BONA_FIDE} else NO_ANSWER
