"""`infer session`: options and output."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.markup import escape

from align.tracks.options import ClipOptions
from common.runtime.as_option import AsOption
from common.runtime.command_line import console, examples, printable
from common.runtime.option_groups import with_option_groups
from common.runtime.wording import counted
from infer.commands.classifier_told import tell_ensemble, tell_point
from infer.commands.copy_told import Render, write_copy
from infer.commands.model_told import tell_model
from infer.commands.one_answer import errors_told, refuse_early, status_of
from infer.commands.options import CHECKPOINTS, AskedThreshold, ModelChoice
from infer.session.dense_frames import DenseFrames

if TYPE_CHECKING:
    from infer.classification.ensemble import Ensemble
    from infer.models.model import Model, Threshold
    from infer.session.examine import Session

EXAMPLES = examples(
    "python -m infer session passport.jpg selfie.mp4",
    "python -m infer session passport.jpg selfie.mp4 --classifier classifier.safetensors --out timeline.png",
    "python -m infer session passport.jpg selfie.mp4 --json | jq .reasons",
    "python -m infer session passport.jpg selfie.mp4 && echo welcome",
)


@errors_told
@with_option_groups
def session(
    document: Annotated[
        Path,
        typer.Argument(help="A photograph; the most prominent face of it counts.", show_default=False),
    ],
    video: Annotated[
        Path, typer.Argument(help="A video; whoever is most like the document counts.", show_default=False)
    ],
    *,
    model: ModelChoice,
    threshold: AskedThreshold = None,
    classifier: Annotated[
        tuple[Path, ...],
        AsOption("Classifier of 'train classifier', which looks at every frame. Repeatable: an ensemble."),
    ] = (),
    frames: DenseFrames,
    as_json: Annotated[
        bool, AsOption("One JSON object on standard output, for errors as well.", name="json")
    ] = False,
    out: Annotated[Path | None, AsOption("Draw similarity, P(synthetic) and faces over time: a PNG.")] = None,
    render: Render = None,
) -> None:
    """Is the person of a video the one on a document, the same one in every frame, and bona fide throughout?

    The exit status is 0 where all of it holds, without --classifier as far as anybody has looked, 1 where
    the person is another, is exchanged or is synthetic, and 2 for no answer: no face, too few frames with it,
    a second or more without it, a damaged video, a classifier that is undecided.
    """
    refuse_early((document, video), out, "out")
    if render is not None:
        from infer.render.render import refuse_copy

        refuse_copy(render, video)
    loaded = model.load()
    asked = _Asked(document, video, threshold, frames, as_json, out, render)
    raise typer.Exit(_session(asked, loaded, _ensemble(classifier, model)))


class _Asked(NamedTuple):
    document: Path
    video: Path
    threshold: float | None
    frames: ClipOptions
    as_json: bool
    out: Path | None
    render: Path | None


def _ensemble(files: tuple[Path, ...], model: ModelChoice) -> "Ensemble | None":
    """The classifiers, if any; faces are looked for as for the encoder, whatever their training did."""
    if not files:
        return None
    from infer.classification.ensemble import load_ensemble
    from infer.cropping import EVERY_FACE_AS_TRAINED

    return load_ensemble(files, CHECKPOINTS, EVERY_FACE_AS_TRAINED, model.device)


def _session(asked: _Asked, loaded: "Model", ensemble: "Ensemble | None") -> int:
    from infer.classification.clip_faces import ClipFile
    from infer.session.as_json import session_as_json
    from infer.session.examine import examine_session
    from infer.verify import threshold_for

    at = threshold_for(loaded, asked.threshold)
    clip = ClipFile(asked.video, asked.frames)
    examined = examine_session(asked.document, clip, loaded, at.value, ensemble)
    if asked.out is not None:
        from infer.session.timeline import draw_session

        draw_session(asked.out, examined)
    if asked.as_json:
        names = str(asked.document), str(asked.video)
        classifiers = [str(member.file) for member in ensemble.members] if ensemble else []
        typer.echo(json.dumps(session_as_json(examined, loaded.card, at, names, classifiers)))
    else:
        _print(loaded, at, examined, ensemble, asked.out)
    if asked.render is not None:
        from infer.session.annotated import annotation_of

        last = int(examined.seen.frame[-1])
        write_copy(asked.video, asked.render, annotation_of(examined), last + 1, told=not asked.as_json)
    return status_of(examined.found.verdict)


def _print(
    model: "Model", at: "Threshold", session: "Session", ensemble: "Ensemble | None", out: Path | None
) -> None:
    from infer.claims import synthetic_statement, threshold_doubt
    from infer.score import Verdict

    colours = {Verdict.MATCH: "green", Verdict.NO_MATCH: "red", None: "yellow"}
    found = session.found
    console.print(f"[bold {colours[found.verdict]}]{escape(found.headline)}[/]")
    for reason in found.why:
        console.print(escape(reason))
    frames = counted(len(found.compared), "frame")
    console.print(f"similarity {found.similarity:.4f} (to the document, the median of {frames})")
    console.print(f"threshold  {at.value:.4f} ({escape(printable(at.source))})")
    doubt = threshold_doubt(at)
    warnings = [warning.text for warning in session.document.warnings]
    for careful in ([doubt] if doubt else []) + list(found.doubts):
        console.print(f"[yellow]careful:[/] {escape(careful)}")
    for warning in warnings:
        console.print(f"[yellow]careful:[/] on the document {escape(warning)}")
    if ensemble is None:
        console.print(
            f"[yellow]note:[/] no classifier has looked; {escape(synthetic_statement(model.card.synthetic))}"
        )
    tell_model(model)
    if ensemble is not None:
        tell_ensemble(ensemble)
        tell_point(ensemble.point)
    if out is not None:
        console.print(f"Timeline: {escape(printable(str(out)))}")
