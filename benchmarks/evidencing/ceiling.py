"""How well a classifier of some minutes tells forgeries of people it was not trained on, by size of crop."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.evidencing.measure import open_examination
from benchmarks.evidencing.rows import Setting, classifier_words
from benchmarks.evidencing.timed import trained_for
from benchmarks.forging.judge import crop_batches
from common.forge.method_names import METHODS
from common.metrics import equal_error_rate
from common.metrics.figures import CLASSIFICATION
from common.models.classifier_checkpoint import load_classifier
from common.runtime.atomic import write_atomically, write_text_atomically
from train.data.dataset import CropDataset

Ceiling = Mapping[int, Mapping[float, float]]  # EER by size and minutes


def measured_ceiling(setting: Setting, size: int, minutes: float, seed: int = 0) -> float:
    """The EER, in [0, 1], of crops of people held out and forgeries of them; kept on the disk.

    Raises UserError as `trained_for`.
    """
    name = f"ceiling-{size}-{minutes:g}"
    stored = setting.out / "rows" / f"{name}.json"
    if stored.is_file():
        return float(json.loads(stored.read_text(encoding="utf-8")))
    parted = setting.parted(seed)
    own = replace(setting, classifier=(*setting.classifier, "--size", str(size)))
    words = classifier_words(own, setting.aligned(parted.known), parted.split, METHODS, seed)
    checkpoint = trained_for(words, CLASSIFICATION, minutes, setting.out / "runs" / name)
    classifier = load_classifier(checkpoint).classifier
    test = open_examination(CropDataset(setting.aligned(parted.tested), size=size), METHODS, seed)
    batches = crop_batches(test.dataset, test.rows, test.forgeries)
    logits = np.concatenate([classifier.score(batch).numpy() for batch in batches])
    eer = float(equal_error_rate(np.arange(len(logits)) >= len(test.rows), logits).eer)
    stored.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(stored, json.dumps(eer))
    return eer


def draw_ceiling(path: Path, found: Ceiling) -> None:
    """Write a PNG of the EER over the minutes, a line for each size; atomically."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for size, rates in sorted(found.items()):
        minutes = sorted(rates)
        values = [100 * rates[each] for each in minutes]
        axes.plot(minutes, values, marker="o", label=f"{size} pixels")
    axes.set_xlabel("minutes of training")
    axes.set_ylabel("EER of crops (%)")
    axes.set_ylim(0, 50)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=120))


def ceiling_rows(found: Ceiling) -> Sequence[Sequence[str]]:
    """The cells of a table: a row for each size, a column for each time."""
    minutes = sorted({each for rates in found.values() for each in rates})
    return [
        [str(size), *(f"{100 * rates[each]:.1f}" if each in rates else "" for each in minutes)]
        for size, rates in sorted(found.items())
    ]
