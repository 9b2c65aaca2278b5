"""`train run`: options and output."""

import shlex
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from common.runtime.command_line import INTERRUPTED, console, examples
from common.runtime.errors import UserError
from train.commands import options
from train.commands.options import TRAINING_LOGS

if TYPE_CHECKING:
    from train.loop import Outcome

EXAMPLES = examples(
    "python -m train run --pretrained adaface-ir101-webface12m",
    "python -m train run --config cpu --data datasets/mine --pretrained mobilefacenet.pt",
    "python -m train run --config forge --data datasets/mine --pretrained mobilefacenet.pt",
    "python -m train run --data datasets/processed_images --data datasets/forged --forge 0.1",
    "python -m train run --backbone timm:convnextv2_tiny --loss arcface --set augment.jpeg=0.4",
    "python -m train run --pairs train.csv --validation-pairs test.csv --pretrained ir101.ckpt --keep 1",
    "python -m train run --resume",
    "torchrun --nproc-per-node 8 -m train run --batch-size 1024",
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
    from train.loggers.console import ConsoleLogger
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
    with ConsoleLogger(console) as logger:
        if resume:
            folder, settled = resumed_config(run_name, config, overrides)
            outcome = resume_run(folder, settled, logger)
        else:
            outcome = start_run(load_config(config, overrides), logger)
    if outcome.rank == 0:
        _print_outcome(outcome)


def _print_outcome(outcome: "Outcome") -> None:
    from common.models.leaderboard import best_checkpoint

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
    best = best_checkpoint(last.parent, outcome.task)
    console.print(f"\nThe best is {escape(best.path.name)}: {best.why}")
    console.print(f"Curves: {escape(str(outcome.folder.curves))}")
    where = f" --logs {told}" if told else ""
    console.print(
        f"Checkpoints are in {escape(str(last.parent))}; "
        f"see them with: python -m train history{escape(where)}"
    )
