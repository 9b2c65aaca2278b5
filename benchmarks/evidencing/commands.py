"""The commands of `benchmarks/evidence.py`: options, steps and tables."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.formats.crop_frame import ARCFACE_SIZE
from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import console, new_app, run_app

if TYPE_CHECKING:
    from benchmarks.evidencing.rows import Setting

app = new_app("What a fused encoder is worth against forgeries, and what its classifier can.")
People = Annotated[Path, typer.Option(help="Folder with one of photographs per person.")]
Recogniser = Annotated[str, typer.Option(help="Who: checkpoint or published weights.")]
Classifier = Annotated[str, typer.Option(help="Words of `train classifier`: recipe, network, weights, size.")]
Crop = Annotated[int, typer.Option(help="Pixels of the crops that the classifier sees.")]
Template = Annotated[str, typer.Option(help="Of these crops: loose or arcface.")]
Margin = Annotated[float, typer.Option(help="Of the template loose.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=FOLDER of real and fake photographs, for the classifier as well."),
]
Out = Annotated[Path, typer.Option(help="Folder of shards, runs, rows and tables; of one choice of options.")]
CPU = "--config cpu --init none --size 112"


def main() -> None:
    """Entry point of `python benchmarks/evidence.py`."""
    run_app(app)


@app.command()
def experiment(
    people: People,
    recogniser: Recogniser,
    classifier: Classifier = CPU,
    sets: Sets = None,
    crop: Crop = 224,
    template: Template = "loose",
    margin: Margin = 0.5,
    minutes: Annotated[float, typer.Option(min=0.1, help="Of each training.")] = 10,
    seeds: Annotated[int, typer.Option(min=1, help="Of people, forgeries and trainings.")] = 1,
    only: Annotated[
        list[str] | None, typer.Option(help="Method to leave out, or 'all' for none; may be repeated.")
    ] = None,
    out: Out = Path("results/evidence"),
) -> None:
    """Leave each method of forging out once, and test a recogniser alone, fine-tuned and fused by it."""
    from benchmarks.evidencing.rows import measured
    from benchmarks.evidencing.tables import report
    from benchmarks.forging.experiment import plan_trials

    trials = plan_trials(only or [], seeds)
    setting = _setting(people, recogniser, classifier, sets, (crop, template, margin), minutes, out)
    results = []
    for number, trial in enumerate(trials, 1):
        console.print(f"{trial.left_out} left out, seed {trial.seed} ({number}/{len(trials)})")
        results.append(measured(trial, setting))
        first = results[0]
        title = (
            f"{first.people_trained} people trained on, {first.people_tested} tested on, {first.pairs:,} "
            f"pairs; {minutes:g} minutes a training; recogniser {Path(recogniser).name}, "
            f"classifier {classifier}"
        )
        text = report(title, results)
        write_text_atomically(out / "table.md", text)
        console.print(text, highlight=False, markup=False)


@app.command()
def ceiling(
    people: People,
    classifier: Classifier = CPU,
    sets: Sets = None,
    crop: Crop = 224,
    template: Template = "loose",
    margin: Margin = 0.5,
    sizes: Annotated[list[int] | None, typer.Option(help="Pixels that it sees; may be repeated.")] = None,
    minutes: Annotated[list[float] | None, typer.Option(help="Of a training; may be repeated.")] = None,
    out: Out = Path("results/evidence"),
) -> None:
    """Train classifiers at each size for each time, and test them on forgeries of other people."""
    from benchmarks.evidencing.ceiling import ceiling_rows, draw_ceiling, measured_ceiling
    from benchmarks.forging.tables import markdown_table

    setting = _setting(people, "", classifier, sets, (crop, template, margin), 0, out)
    times = sorted(minutes or [1, 4])
    found: dict[int, dict[float, float]] = {}
    for size in sizes or [ARCFACE_SIZE, 160, 224]:
        for time in times:
            found.setdefault(size, {})[time] = measured_ceiling(setting, size, time)
            headings = ["pixels", *(f"{each:g} min, EER %" for each in times)]
            text = markdown_table(headings, [list(row) for row in ceiling_rows(found)])
            write_text_atomically(out / "ceiling.md", text)
            draw_ceiling(out / "ceiling.png", found)
            console.print(text, highlight=False)


def _setting(
    people: Path,
    recogniser: str,
    classifier: str,
    sets: list[str] | None,
    cut: tuple[int, str, float],
    minutes: float,
    out: Path,
) -> "Setting":
    from benchmarks.evidencing.rows import Setting
    from benchmarks.transferring.commands import named_set
    from benchmarks.transferring.crops import align_set

    crop, template, margin = cut
    own = (crop, template, ("--margin", str(margin)) if template != "arcface" else ())
    others = [named_set(text) for text in sets or []]
    return Setting(
        people=people,
        cut=own,
        sets=tuple(align_set(folder, out / f"set-{name}", *own) for name, folder in others),
        recogniser=recogniser,
        classifier=tuple(shlex.split(classifier)),
        minutes=minutes,
        out=out,
    )
