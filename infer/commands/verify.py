"""`infer verify`: options and output."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from common.runtime.as_option import AsOption
from common.runtime.command_line import console, examples, printable
from common.runtime.option_groups import with_option_groups
from infer.commands.model_told import tell_model
from infer.commands.one_answer import errors_told, refuse_early, status_of
from infer.commands.options import AskedThreshold, ModelChoice

if TYPE_CHECKING:
    from infer.examine import Examined
    from infer.models.model import Model, Threshold
    from infer.verify import PairVerdict

EXAMPLES = examples(
    "python -m infer verify passport.jpg selfie.jpg",
    "python -m infer verify a.jpg b.jpg --model mobilefacenet.pt --threshold 0.35 --picture verdict.png",
    "python -m infer verify passport.jpg selfie.mp4",
    "python -m infer verify a.jpg b.jpg --json | jq .similarity",
    "python -m infer verify a.jpg b.jpg && echo welcome",
)
PHOTOGRAPH_HELP = "A photograph or video; the most prominent face of it counts."


@errors_told
@with_option_groups
def verify(
    first: Annotated[Path, typer.Argument(help=PHOTOGRAPH_HELP, show_default=False)],
    second: Annotated[Path, typer.Argument(help="Another one.", show_default=False)],
    *,
    model: ModelChoice,
    threshold: AskedThreshold = None,
    as_json: Annotated[
        bool, AsOption("One JSON object on standard output, for errors as well.", name="json")
    ] = False,
    picture: Annotated[
        Path | None, AsOption("Draw the two faces, their similarity and the verdict: a PNG.")
    ] = None,
) -> None:
    """Are two photographs of the same person, and bona fide, where the model was trained to tell?

    A video stands for a photograph: of whoever is most prominent in it the best frames, averaged. Whether
    it shows this person throughout is what 'infer session' tells.

    The exit status is 0 for yes, 1 for no, and 2 for no answer: no image, no face, or no known threshold,
    where the similarity is told all the same.
    """
    refuse_early((first, second), picture, "picture")
    raise typer.Exit(_verify((first, second), model.load(), threshold, as_json, picture))


def _verify(
    paths: tuple[Path, Path], loaded: "Model", threshold: float | None, as_json: bool, picture: Path | None
) -> int:
    from common.runtime.errors import UserError
    from infer.examine import Examiner
    from infer.verify import known_threshold, verdicts_of

    at = known_threshold(loaded, threshold)
    first, second = Examiner(loaded).examine(paths)
    problems = [
        f"{path}: {entry.problem}"
        for path, entry in zip(paths, (first, second), strict=True)
        if entry.problem
    ]
    if problems:
        raise UserError("; ".join(problems))
    (found,) = verdicts_of((first, second), at.value if at else None, loaded.card.fusion)
    if picture is not None:
        from infer.output.verdict_picture import draw_verdict

        draw_verdict(
            picture,
            (first, second),
            (paths[0].name, paths[1].name),
            found,
            at,
            loaded.card.synthetic,
        )
    if as_json:
        typer.echo(json.dumps(_as_json(loaded, at, found, paths, (first, second))))
    else:
        _print(loaded, at, found, picture)
    return status_of(found.verdict)


def _print(model: "Model", at: "Threshold | None", found: "PairVerdict", picture: Path | None) -> None:
    from infer.claims import in_words, synthetic_statement, threshold_doubt
    from infer.score import Verdict
    from infer.verify import how_to_get_a_threshold

    colours = {Verdict.MATCH: "green", Verdict.NO_MATCH: "red", None: "yellow"}
    words = in_words(found.verdict, model.card.synthetic, found.called_synthetic)
    console.print(f"[bold {colours[found.verdict]}]{escape(words)}[/]")
    console.print(f"similarity {found.similarity:.4f}")
    for reason in found.why[1:]:
        console.print(escape(reason))
    if at is None:
        console.print(f"threshold  not known; {escape(how_to_get_a_threshold(model))}")
    else:
        console.print(f"threshold  {at.value:.4f} ({escape(printable(at.source))})")
    doubt = threshold_doubt(at)
    for careful in ([doubt] if doubt else []) + list(found.doubts):
        console.print(f"[yellow]careful:[/] {escape(careful)}")
    console.print(f"[yellow]note:[/] {escape(synthetic_statement(model.card.synthetic))}")
    tell_model(model)
    if picture is not None:
        console.print(f"Picture: {escape(printable(str(picture)))}")


def _as_json(
    model: "Model",
    at: "Threshold | None",
    found: "PairVerdict",
    paths: tuple[Path, Path],
    examined: "tuple[Examined, Examined]",
) -> dict[str, object]:
    """What `--json` prints; boxes and landmarks are in pixels of the photographs, or of the best frame.

    Without a known threshold there is no verdict.
    """
    from infer.claims import in_words, judges_synthetic, synthetic_statement, threshold_doubt

    return {
        "verdict": found.verdict.value if found.verdict else None,
        "statement": in_words(found.verdict, model.card.synthetic, found.called_synthetic),
        "similarity": found.similarity,
        "threshold": at.value if at else None,
        "threshold_source": at.source if at else None,
        "threshold_doubt": threshold_doubt(at),
        "judges_synthetic": judges_synthetic(model.card.synthetic),
        "synthetic_statement": synthetic_statement(model.card.synthetic),
        "model": model.card.name,
        "model_chosen": model.card.chosen,
        "assumed": list(model.card.assumed),
        "reasons": list(found.reasons),
        "photographs": [
            {
                "path": str(path),
                "faces_found": entry.faces_found,
                "score": None if math.isnan(entry.face.detection.score) else entry.face.detection.score,
                "box": entry.face.detection.box.tolist(),
                "landmarks": entry.face.detection.landmarks.tolist(),
                "warnings": [warning.value for warning in entry.warnings],
                **(
                    {"frames": list(entry.clip.frame), "seconds": list(entry.clip.seconds)}
                    if entry.clip
                    else {}
                ),
            }
            for path, entry in zip(paths, examined, strict=True)
            if entry.face is not None
        ],
    }
