"""The command of `benchmarks/chain.py`: options, chains and table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import console, new_app, run_app
from common.runtime.errors import UserError

if TYPE_CHECKING:
    from train.chain.run_chain import ChainOutcome

HEADINGS = ("trained on", "tested on", "faces", "pre-training", "pseudo-labels", "classifier", "AUC", "F1")
app = new_app("What the steps of the long chain are worth.")


def main() -> None:
    """Entry point of `python benchmarks/chain.py`."""
    run_app(app)


@app.callback()
def group() -> None:
    """What the steps of the long chain are worth on forgeries by others."""


@app.command()
def experiment(
    sets: Annotated[list[str], typer.Option("--set", help="NAME=FOLDER of real and fake photographs; two.")],
    config: Annotated[str, typer.Option(help="Configuration of `train chain`.")] = "titan_cpu",
    crop: Annotated[int, typer.Option(help="Pixels of a crop's side.")] = 96,
    pretrain_epochs: Annotated[int, typer.Option(min=1, help="Of the pre-training.")] = 10,
    epochs: Annotated[int, typer.Option(min=1, help="Of each fold.")] = 5,
    folds: Annotated[int, typer.Option(min=2)] = 3,
    at: Annotated[float, typer.Option(min=0.5, max=1, help="Certainty of a pseudo-label.")] = 0.9,
    most: Annotated[int, typer.Option(min=100, help="Crops of each part, drawn at random.")] = 4000,
    out: Annotated[Path, typer.Option(help="Folder of shards, chains and table.")] = Path("results/chain"),
) -> None:
    """Run the chain on each set, with and without pre-training, and test on half of the other.

    Labels of the other half are taken away, and its crops pre-trained on and given pseudo-labels. Called
    again, it goes on where it was stopped; --out belongs to one choice of options.
    """
    from benchmarks.chaining.measure import rows_of_folds
    from benchmarks.chaining.parts import at_most, halves, write_part
    from benchmarks.transferring.commands import named_set
    from benchmarks.transferring.crops import align_set
    from train.chain.step_names import AGAIN, FOLDS
    from train.data.dataset import CropDataset

    named = dict(map(named_set, sets))
    if len(named) != 2:
        raise UserError("--set is given twice, with two names: each is trained on, and the other tested on")
    shards = {name: align_set(source, out / "shards" / name, crop, "box") for name, source in named.items()}
    table = [HEADINGS, ("---",) * len(HEADINGS)]
    for trained, tested in (tuple(named), tuple(named)[::-1]):
        own, other = CropDataset(shards[trained]), CropDataset(shards[tested])
        half, chosen = halves(other), at_most(other, 2 * most)
        data = write_part(shards[trained], at_most(own, most), out / "parts" / trained, labelled=True)
        guessed = (half == 0) & chosen
        unlabelled = write_part(
            shards[tested], guessed, out / "parts" / f"{tested}-unlabelled", labelled=False
        )
        rows = np.flatnonzero((half == 1) & chosen)
        for pretrained in (False, True):
            place = out / "chains" / f"{trained}-{'pretrained' if pretrained else 'random'}"
            settings = {"data": [str(data)], "unlabelled": str(unlabelled), "folds": folds, "at": at}
            settings |= {"classifier_set": [f"epochs={epochs}", f"size={crop}"], "format": "csv"}
            if pretrained:
                settings["pretrain_set"] = [f"epochs={pretrain_epochs}", f"size={crop}"]
            else:
                settings["pretrain"] = "none"
            made = _chain(config, settings | {"out": place}).made
            for step in (step for step in (FOLDS, AGAIN) if step in made):
                told = ("yes" if pretrained else "none", "yes" if step == AGAIN else "none")
                about = (trained, f"{tested}, other half", f"{len(rows):,}", *told)
                table += [(*about, *row) for row in rows_of_folds(made[step], other, rows, ("mirror",))]
        text = "\n".join(f"| {' | '.join(row)} |" for row in table)
        write_text_atomically(out / "table.md", text + "\n")
        console.print(text, highlight=False)


def _chain(config: str, settings: dict[str, object]) -> "ChainOutcome":
    """The chain of a folder, begun or gone on with. Raises typer.Exit where it stops."""
    from train.chain.config import ChainConfig
    from train.chain.record import CHAINS_FOLDER
    from train.chain.run_chain import resumed_chain, run_chain, start_chain
    from train.commands.chain_outcome import ConsoleListener
    from train.load_config import load_config

    out = Path(str(settings["out"]))
    if list((out / CHAINS_FOLDER).glob("*/chain.json")):
        folder = resumed_chain(None, config, settings)
    else:
        folder = start_chain(load_config(ChainConfig, config, settings))
    outcome = run_chain(folder, ConsoleListener(folder))
    if outcome.stopped:
        console.print("Called again, it goes on there.")
        raise typer.Exit(outcome.status)
    return outcome
