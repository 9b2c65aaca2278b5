"""`python benchmarks/forgery.py experiment`: every method of forging left out of training once."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.forging.results import ResultFile, settings_hash
from benchmarks.forging.tables import (
    HEADINGS,
    HOW_TO_READ,
    METHOD_HEADINGS,
    error_rows,
    method_rows,
    report,
    rich_table,
)
from benchmarks.forging.trial import NOTHING, Result, Trial, run_trial
from common.forge.forger import Forger
from common.forge.method_names import METHODS
from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import progress_bar
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropDataset

EVERYTHING = "all"  # the word for the row where nothing is left out


def plan_trials(only: Sequence[str], seeds: int) -> list[Trial]:
    """The trials of the named rows, or of all rows, seed by seed. Raises UserError for an unknown method."""
    rows = [NOTHING if name == EVERYTHING else name for name in only] or [*METHODS, NOTHING]
    Forger(tuple(name for name in rows if name != NOTHING) or METHODS)  # refuses unknown ones
    return [Trial(left_out, seed) for seed in range(seeds) for left_out in dict.fromkeys(rows)]


def run_experiment(base: TrainConfig, trials: Sequence[Trial], out: Path, console: Console) -> list[Result]:
    """Run the trials whose results are not there yet; tables are written after each.

    Args:
        base: the configuration; `data` is a folder of shards with bona fide crops alone.
        trials: wanted.
        out: the Markdown file of the tables. The results are beside it, in a file that ends on `.jsonl`.
        console: for the tables.

    Raises UserError as `run_trial`, and where no weights are named.
    """
    if base.pretrained is None:
        raise UserError("--pretrained names the weights to start from")
    dataset = CropDataset(*base.data)
    settings = settings_hash(base, dataset)
    file = ResultFile(out.with_suffix(".jsonl"))
    done = {Trial(result.left_out, result.seed): result for result in file.read(settings)}
    title = (
        f"{len(dataset):,} photographs of {len(dataset.identity_names):,} people, "
        f"{Path(base.pretrained).name}, {base.epochs} epochs, settings {settings}"
    )
    for number, trial in enumerate(trials, 1):
        name = f"{trial.left_out} left out, seed {trial.seed} ({number}/{len(trials)})"
        if trial in done:
            console.print(f"{name}: kept from before")
            continue
        with progress_bar(name, "steps") as progress:
            done[trial] = run_trial(trial, base, dataset, settings, progress)
        file.add(done[trial])
        wanted = [done[one] for one in trials if one in done]
        write_text_atomically(out, report(title, wanted))
        before, after = done[trial].before, done[trial].after
        console.print(
            f"{name}: EER {before.overall:.4f} → {after.overall:.4f}, genuine / synthetic "
            f"{before.synthetic:.4f} → {after.synthetic:.4f}, {done[trial].seconds:.0f} s"
        )
    results = [done[trial] for trial in trials]
    write_text_atomically(out, report(title, results))
    console.print(HOW_TO_READ)
    console.print(rich_table(title, HEADINGS, error_rows(results)))
    if rows := method_rows(results):
        console.print(rich_table("nothing left out, by method", METHOD_HEADINGS, rows))
    return results
