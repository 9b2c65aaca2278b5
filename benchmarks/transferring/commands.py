"""The command of `benchmarks/transfer.py`: options, steps and table."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import console, new_app, run_app
from common.runtime.errors import UserError

HEADINGS = (
    "trained on", "min", "tested on", "faces", "AUC", "95 %", "AUC, alike in sharpness", "EER %", "F1",
    "ECE before", "ECE", "undecided %", "errors in the band %",
)  # fmt: skip
BONA_FIDE = "bona fide"  # the name of the set of people
app = new_app("What a classifier trained on one set of forgeries is worth on another.")


def main() -> None:
    """Entry point of `python benchmarks/transfer.py`."""
    run_app(app)


@app.command()
def experiment(
    sets: Annotated[list[str], typer.Option("--set", help="NAME=FOLDER of real and fake photographs.")],
    bona_fide: Annotated[Path | None, typer.Option(help="Folder of people, all bona fide, for sbi.")] = None,
    pretrained: Annotated[str | None, typer.Option(help="Weights to start from.")] = None,
    config: Annotated[str, typer.Option(help="Recipe of `train classifier`.")] = "cpu",
    crop: Annotated[int, typer.Option(help="Pixels of a crop's side.")] = 224,
    template: Annotated[str, typer.Option(help="Of the crops; face networks take arcface.")] = "box",
    only: Annotated[list[str] | None, typer.Option(help="Trial by name; may be repeated.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set-key", help="key=value of the configuration.")
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=100, help="Faces of a set to test on, drawn at random; all if not told.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of shards, runs and table.")] = Path("results/transfer"),
) -> None:
    """Train on each set, with and without forging, and on bona fide faces alone; test on what is held out."""
    from benchmarks.transferring.crops import align_set
    from benchmarks.transferring.trials import plan_trials, train_trial
    from train.loggers.console import ConsoleLogger
    from train.start import parse_settings

    named = dict(named_set(text) for text in sets)
    sources = named | ({BONA_FIDE: bona_fide} if bona_fide is not None else {})
    folders = {
        name: align_set(source, out / "shards" / name.replace(" ", "-"), crop, template)
        for name, source in sources.items()
    }
    base: dict[str, Any] = {"config": config, "pretrained": pretrained, "validation.share": 0.25}
    base |= parse_settings(settings or [])
    rows: list[Sequence[str]] = []
    for trial in plan_trials(list(named), BONA_FIDE if bona_fide else None):
        if only and trial.name not in only:
            continue
        place = out / "runs" / trial.name.replace(", ", "-")
        console.print(f"\n[bold]{trial.name}[/]")
        with ConsoleLogger(console) as logger:
            minutes = train_trial(trial, folders[trial.data], place, base, logger)
        tested = {name: folders[name] for name in named}
        rows += _tested(trial.name, trial.data, minutes, place, tested, most)
        table = [HEADINGS, ["---"] * len(HEADINGS), *rows]
        text = "\n".join(f"| {' | '.join(row)} |" for row in table)
        write_text_atomically(out / "table.md", text + "\n")
        console.print(text, highlight=False)


def _tested(
    name: str, own: str, minutes: float, place: Path, sets: dict[str, Path], most: int | None
) -> list[Sequence[str]]:
    from benchmarks.transferring.scores import score_set
    from benchmarks.transferring.trials import held_out_rows, trained
    from train.data.dataset import CropDataset

    loaded = trained(place)
    rows = []
    for tested, folder in sets.items():
        dataset = CropDataset(folder, size=loaded.classifier.input_format.size)
        chosen = held_out_rows(place, dataset) if tested == own else np.arange(len(dataset))
        chosen = np.random.default_rng(0).permutation(chosen)[:most]
        began = time.monotonic()
        score = score_set(loaded.classifier, loaded.info.point, dataset, chosen)
        console.print(f"scored {len(chosen):,} faces of {tested} in {time.monotonic() - began:.0f} s")
        report, values = score.report, score.report.values()
        interval = report.intervals.get("auc")
        rows.append(
            (
                name,
                f"{minutes:.0f}",
                f"{tested}, held out" if tested == own else tested,
                f"{len(chosen):,}",
                f"{report.auc:.3f}",
                f"{interval.low:.3f}–{interval.high:.3f}" if interval else "-",
                f"{score.matched_auc:.3f} ({score.matched:,} pairs)",
                f"{100 * report.eer:.1f}",
                f"{values['f1']:.3f}",
                f"{score.before.ece:.3f}",
                f"{report.ece:.3f}",
                f"{100 * score.undecided:.0f}",
                f"{100 * score.errors_in_band:.0f}",
            )
        )
    return rows


def named_set(text: str) -> tuple[str, Path]:
    """The name and the folder of `NAME=FOLDER`. Raises UserError for anything else."""
    name, separator, folder = text.partition("=")
    if not separator or not name or not Path(folder).is_dir():
        raise UserError(f"--set takes NAME=FOLDER, such as gan=photographs/gan, not '{text}'")
    return name, Path(folder)
