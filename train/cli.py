"""Commands and output of `python -m train`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from common.command_line import (
    INTERRUPTED,
    console,
    examples,
    new_app,
    print_notes,
    printable,
    run_app,
)
from common.errors import UserError
from train import options

if TYPE_CHECKING:
    from train.loop import Outcome

TRAINING_LOGS = Path("training_logs")

app = new_app("Stage 2: fine-tune a face encoder on aligned crops.")


def main() -> None:
    """Entry point of `python -m train`."""
    run_app(app)


@app.command(
    epilog=examples(
        "python -m train run --pretrained adaface-ir101-webface12m",
        "python -m train run --config cpu --data datasets/mine --pretrained mobilefacenet.pt",
        "python -m train run --config forge --data datasets/mine --pretrained mobilefacenet.pt",
        "python -m train run --data datasets/processed_images --data datasets/forged --forge 0.1",
        "python -m train run --backbone timm:convnextv2_tiny --loss arcface --set augment.jpeg=0.4",
        "python -m train run --pairs train.csv --validation-pairs test.csv --pretrained ir101.ckpt --keep 1",
        "python -m train run --resume",
        "torchrun --nproc-per-node 8 -m train run --batch-size 1024",
    )
)
def run(
    config: options.Config = None,
    resume: options.Resume = False,
    run_name: options.RunName = None,
    data: options.Data = None,
    allow_missing: options.AllowMissing = None,
    out: options.Out = None,
    pairs: options.Pairs = None,
    validation_pairs: options.ValidationPairs = None,
    columns: options.Columns = None,
    epochs: options.Epochs = None,
    seed: options.Seed = None,
    settings: options.Settings = None,
    backbone: options.Backbone = None,
    pretrained: options.Pretrained = None,
    colour: options.Colour = None,
    partial: options.Partial = None,
    freeze: options.Freeze = None,
    keep: options.Keep = None,
    loss: options.Loss = None,
    forge: options.Forge = None,
    forge_methods: options.ForgeMethods = None,
    batch_size: options.BatchSize = None,
    accumulate: options.Accumulate = None,
    lr: options.LearningRate = None,
    warmup: options.Warmup = None,
    precision: options.Precision = None,
    accelerator: options.Accelerator = None,
    devices: options.Devices = None,
    nodes: options.Nodes = None,
    compile: options.Compile = None,
    tensorboard: options.TensorBoard = None,
    wandb: options.Wandb = None,
) -> None:
    """Train, validate on people held out, and keep the best checkpoints."""
    from train.config import load_config
    from train.monitors.console import ConsoleMonitor
    from train.start import parse_settings, resume_run, resumed_config, start_run

    given = {
        "data": data or None,
        "allow_missing": allow_missing,
        "out": out,
        "pairs": pairs,
        "validation.pairs": validation_pairs,
        "pair_columns": columns,
        "epochs": epochs,
        "seed": seed,
        "backbone": backbone,
        "pretrained": pretrained,
        "colour": colour,
        "partial": partial,
        "freeze": freeze,
        "keep": keep,
        "loss.name": loss,
        "forge.share": forge,
        "forge.methods": forge_methods.split(",") if forge_methods else None,
        "batch.size": batch_size,
        "batch.accumulate": accumulate,
        "optimiser.learning_rate": lr,
        "optimiser.warmup_steps": warmup,
        "hardware.precision": precision,
        "hardware.accelerator": accelerator,
        "hardware.devices": devices,
        "hardware.nodes": nodes,
        "hardware.compile": compile,
        "tracking.tensorboard": tensorboard,
        "tracking.wandb": wandb,
    }
    overrides = parse_settings(settings or []) | {k: v for k, v in given.items() if v is not None}
    if run_name is not None and not resume:
        raise UserError("--run names the run to --resume; add --resume")
    with ConsoleMonitor(console) as monitor:
        if resume:
            folder, settled = resumed_config(run_name, config, overrides)
            outcome = resume_run(folder, settled, monitor)
        else:
            outcome = start_run(load_config(config, overrides), monitor)
    if outcome.rank == 0:
        _print_outcome(outcome)


def _print_outcome(outcome: "Outcome") -> None:
    from common.leaderboard import best_checkpoint

    last = outcome.last_checkpoint
    out = last.parents[1]
    told = "" if out == TRAINING_LOGS else shlex.quote(str(out))
    if outcome.interrupted:
        where = f" --out {told}" if told else ""
        console.print(
            f"\n[yellow]Interrupted.[/] The weights are in {escape(str(last))}; go on with: "
            f"python -m train run --resume --run {outcome.folder.run}{escape(where)}"
        )
        raise typer.Exit(INTERRUPTED)
    best = best_checkpoint(last.parent)
    console.print(f"\nThe best is {escape(best.path.name)}: {best.why}")
    console.print(f"Curves: {escape(str(outcome.folder.curves))}")
    where = f" --logs {told}" if told else ""
    console.print(
        f"Checkpoints are in {escape(str(last.parent))}; "
        f"see them with: python -m train history{escape(where)}"
    )


@app.command(epilog=examples("python -m train history", "python -m train history --logs training_logs"))
def history(
    logs: Annotated[Path, typer.Option(help="Folder with history and checkpoints.")] = TRAINING_LOGS,
) -> None:
    """Print the leaderboard: the checkpoints that were kept, best EER first."""
    from common.leaderboard import best_checkpoint
    from train.records.leaderboard_table import leaderboard_rows, leaderboard_table
    from train.records.run_records import CHECKPOINT_FOLDER

    folder = logs / CHECKPOINT_FOLDER
    rows = leaderboard_rows(folder)
    if not rows:
        raise UserError(
            f"no checkpoints in {folder}; make some with 'python -m train run', or name"
            " another folder with --logs"
        )
    console.print(leaderboard_table(rows))
    console.print("Figures compare only where the validation pairs are the same.")
    try:
        best = best_checkpoint(folder)
    except UserError as error:
        print_notes([str(error)])
    else:
        console.print(f"The best, which infer takes, is {escape(printable(best.path.name))}: {best.why}")


@app.command(
    epilog=examples(
        "python -m train plot",
        "python -m train plot --all --out runs.png",
        "python -m train plot --run 20261121-094500",
    )
)
def plot(
    logs: Annotated[Path, typer.Option(help="Folder with the history.")] = TRAINING_LOGS,
    run: Annotated[str | None, typer.Option(help="Which run. \\[default: the latest]")] = None,
    every_run: Annotated[bool, typer.Option("--all", help="The latest runs in one picture.")] = False,
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("results/training.png"),
) -> None:
    """Draw loss, EER and the three error rates over the steps of a run."""
    from train.plots.plot import plot_history
    from train.records.history import PerformanceHistory

    drawn = plot_history(PerformanceHistory(logs).records, out, run, every_run=every_run)
    console.print(f"Picture: {escape(str(drawn))}")
