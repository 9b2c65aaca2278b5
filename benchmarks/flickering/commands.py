"""The command of `benchmarks/temporal.py`: options, steps and table."""

import time
from pathlib import Path
from typing import Annotated

import typer

from common.runtime.command_line import console, new_app, run_app

HEADINGS = ("over time", "epochs", "min", "tracks of people held out", "AUC", "95 %", "EER %")
app = new_app("Whether a head over time tells what flickers, where the mean of frames cannot.")


def main() -> None:
    """Entry point of `python benchmarks/temporal.py`."""
    run_app(app)


@app.command()
def experiment(
    people: Annotated[int, typer.Option(min=8, help="Rendered people, two forged clips of each.")] = 64,
    epochs: Annotated[int, typer.Option(min=1, help="Of the heads over time.")] = 12,
    mean_epochs: Annotated[int, typer.Option(min=1, help="Of the mean of frames.")] = 4,
    backbone: Annotated[str, typer.Option(help="Network of frames.")] = "timm:tf_efficientnet_lite0",
    pretrained: Annotated[
        str, typer.Option(help="Its weights: timm, for a download, a file, or none for random ones.")
    ] = "timm",
    heads: Annotated[str, typer.Option(help="With commas between.")] = "gru,mean",
    seed: Annotated[int, typer.Option(min=0, help="Of clips, split and trainings.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of clips, shards and runs.")] = Path("results/temporal"),
) -> None:
    """Render clips, and train to tell forgeries with a seed a frame from those with one for the clip."""
    from benchmarks.flickering.clips import align_forged, render
    from benchmarks.flickering.trials import Network, trial
    from common.models.temporal_names import Temporal
    from train.loggers.console import ConsoleLogger

    began = time.monotonic()
    render(out / "clips", people, seed)
    align_forged(out / "clips", out / "shards")
    console.print(f"rendered and aligned in {(time.monotonic() - began) / 60:.1f} minutes")
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for name in heads.split(","):
        kind = Temporal(name)
        wanted = epochs if kind.is_learnt else mean_epochs
        with ConsoleLogger(console) as logger:
            network = Network(backbone, None if pretrained == "none" else pretrained)
            found = trial(out / "shards", out / name, network, kind, wanted, seed, logger)
        interval = found.report.intervals["auc"]
        rows.append(
            (
                name,
                f"{wanted}",
                f"{found.minutes:.1f}",
                f"{found.tracks}",
                f"{found.report.auc:.3f}",
                f"{interval.low:.3f}–{interval.high:.3f}",
                f"{100 * found.report.eer:.1f}",
            )
        )
    for row in rows:
        console.print(f"| {' | '.join(row)} |", highlight=False)
