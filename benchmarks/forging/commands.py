"""The commands of `benchmarks/forgery.py`: options and printing."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from common.runtime.command_line import console, new_app, run_app
from common.runtime.errors import UserError

app = new_app("What training on forgeries of real faces is worth, and what it costs.")

Data = Annotated[list[Path] | None, typer.Option(help="Folder of shards; may be repeated.")]


def main() -> None:
    """Entry point of `python benchmarks/forgery.py`."""
    run_app(app)


@app.command()
def experiment(
    pretrained: Annotated[str, typer.Option(help="Weights to start from.")],
    photographs: Annotated[
        list[Path] | None, typer.Option(help="Folder with one folder per person; may be repeated.")
    ] = None,
    data: Data = None,
    seeds: Annotated[int, typer.Option(min=1, help="Splits and trainings of each row.")] = 3,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of each training; the recipe's if not told.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Method to leave out, or 'all' for none; may be repeated.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value of the configuration.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Markdown file of the tables.")] = Path("results/forgery.md"),
    work: Annotated[Path | None, typer.Option(help="Folder that keeps the aligned crops.")] = None,
) -> None:
    """Leave each method of forging out of training once, and test by it on people never trained on."""
    from benchmarks.forging.crops import aligned, bona_fide_shards
    from benchmarks.forging.experiment import plan_trials, run_experiment
    from train.config import TrainConfig
    from train.load_config import load_config
    from train.start import parse_settings

    trials = plan_trials(only or [], seeds)
    with TemporaryDirectory() as name:
        temporary = Path(name)
        folders = [aligned(folder, work or temporary) for folder in photographs or []] + (data or [])
        if not folders:
            raise UserError("--photographs or --data names the faces")
        crops = bona_fide_shards(folders, temporary / "crops")
        overrides = parse_settings(settings or []) | {
            "data": crops,
            "pretrained": pretrained,
            "epochs": epochs,
        }
        run_experiment(load_config(TrainConfig, "forge", overrides), trials, out, console)


@app.command()
def cost(
    data: Data = None,
    count: Annotated[int, typer.Option(min=1, help="Crops of a turn.")] = 64,
    backbone: Annotated[str, typer.Option(help="Of the training steps.")] = "ir_18",
    size: Annotated[int, typer.Option(help="Crops a batch.")] = 32,
    steps: Annotated[int, typer.Option(min=1, help="Steps a turn.")] = 8,
    turns: Annotated[int, typer.Option(min=1, help="Turns of each way.")] = 5,
    threads: Annotated[int, typer.Option(min=1, help="Of a training step.")] = 2,
) -> None:
    """What a forged crop costs, and what forging adds to a training step; on rendered faces, if not told."""
    import torch

    from benchmarks.forging.cost import crop_table
    from benchmarks.forging.crops import bona_fide_shards, rendered
    from benchmarks.forging.steps import crops_needed, step_config, step_table
    from train.data.dataset import CropDataset

    torch.set_num_threads(threads)
    with TemporaryDirectory() as name:
        temporary = Path(name)
        # a tenth of the people, and at least two, are held out
        fewest = round(1.3 * crops_needed(size, steps, turns))
        crops = bona_fide_shards(data or [rendered(temporary)], temporary / "crops", fewest=fewest)
        console.print(crop_table(CropDataset(crops), count, turns))
        console.print(step_table(step_config(crops, temporary / "logs", backbone, size), steps, turns))
