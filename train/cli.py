"""Options and output of `python -m train`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from common.command_line import console, examples, new_app, run_app

TRAINING_LOGS = Path("training_logs")

app = new_app("Stage 2: fine-tune a face encoder on aligned crops.")


def main() -> None:
    """Entry point of `python -m train`."""
    run_app(app)


@app.command(
    epilog=examples(
        "python -m train run --pretrained ir101.safetensors",
        "python -m train run --config cpu --data datasets/mine",
        "python -m train run --backbone mobilefacenet --pretrained mobilefacenet.pt --lr 1e-4",
    )
)
def run(
    config: Annotated[
        str | None,
        typer.Option(
            help="TOML file, or a configuration that ships with facetrust: "
            "cpu, demo. Options below override it."
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of shards. \\[default: datasets/processed_images]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for history and checkpoints. \\[default: training_logs]")
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(help="ir_18, ir_34, ir_50, ir_101, ir_lite or mobilefacenet. \\[default: ir_101]"),
    ] = None,
    pretrained: Annotated[
        Path | None, typer.Option(help="Weights to start from: a facetrust checkpoint or a plain state_dict.")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="dynamic_margin. \\[default: dynamic_margin]")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data. \\[default: 20]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Crops per step. \\[default: 256]")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate of AdamW. \\[default: 1e-4]")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of split, batches, augmentation and fresh weights. \\[default: 0]")
    ] = None,
) -> None:
    """Train, validate on people held out, and keep the best five checkpoints."""
    from train.config import load_config
    from train.console import ConsoleMonitor
    from train.loop import train

    settings = load_config(
        config,
        {
            "data": data,
            "out": out,
            "backbone": backbone,
            "pretrained": pretrained,
            "loss.name": loss,
            "epochs": epochs,
            "batch.size": batch_size,
            "optimiser.learning_rate": lr,
            "seed": seed,
        },
    )
    with ConsoleMonitor(console) as monitor:
        last = train(settings, monitor)
    console.print(f"\nCheckpoints are in {escape(str(last.parent))}; see them with: python -m train history")


@app.command(epilog=examples("python -m train history", "python -m train history --logs training_logs"))
def history(
    logs: Annotated[Path, typer.Option(help="Folder with history and checkpoints.")] = TRAINING_LOGS,
) -> None:
    """Print the leaderboard: the checkpoints that were kept, best EER first."""
    from common.leaderboard import ranked_checkpoints
    from train.records import CHECKPOINT_FOLDER

    entries = ranked_checkpoints(logs / CHECKPOINT_FOLDER)
    if not entries:
        console.print(
            f"No checkpoints in {escape(str(logs / CHECKPOINT_FOLDER))} yet; train with: python -m train run"
        )
        return
    table = Table("EER", "accuracy", "threshold", "step", "validation pairs", "file")
    for entry in entries:
        info = entry.info
        table.add_row(
            f"{info.eer:.4f}",
            _figure(info.accuracy),
            _figure(info.threshold),
            str(info.step),
            info.validation[:8],
            escape(entry.path.name),
        )
    console.print(table)
    console.print("EERs compare only where the validation pairs are the same.")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
