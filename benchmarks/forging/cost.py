"""What a forged crop costs, beside the published self-blending."""

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
from rich.table import Table

from benchmarks.forging.published import published_self_blend
from common.forge.crop_forger import CropForger
from common.forge.face import Face
from common.forge.face_shape import face_shape
from common.forge.forger import Forger
from common.forge.masks import WHOLE, outline
from common.forge.method_names import METHODS
from train.data.dataset import CropDataset

FLOOR = 400  # forged crops a second on one core, of all methods

EVERYTHING, PEER = "all methods", "self-blending as published"


def crop_table(dataset: CropDataset, count: int, turns: int) -> Table:
    """Milliseconds of one thread for a crop, by turns; the first turn warms up."""
    times = crop_times(dataset, count, turns)
    table = Table(
        "way",
        "ms a crop",
        "crops/s",
        f"of the floor of {FLOOR}",
        "peer / it",
        title="forged crops, one thread",
    )
    for name, taken in times.items():
        spent = median(taken)
        ratio = median(peer / own for peer, own in zip(times[PEER], taken, strict=True))
        table.add_row(
            name, f"{spent:.2f}", f"{1000 / spent:,.0f}", f"{1000 / spent / FLOOR:.2f}", f"{ratio:.2f}"
        )
    return table


def crop_times(dataset: CropDataset, count: int, turns: int) -> dict[str, list[float]]:
    """Milliseconds of processor time a crop of each turn of each way; partners are found within."""
    ways: dict[str, Callable[[int, int], object]] = {name: _forger(dataset, (name,)) for name in METHODS}
    ways |= {EVERYTHING: _forger(dataset, METHODS), PEER: _peer(dataset)}
    rows = np.flatnonzero(np.isfinite(dataset.landmarks).all(axis=(1, 2)))
    rows = np.random.default_rng(0).choice(rows, count, replace=len(rows) < count)
    times: dict[str, list[float]] = {name: [] for name in ways}
    threads = cv2.getNumThreads()
    cv2.setNumThreads(0)
    try:
        for turn in range(turns + 1):
            for name, way in ways.items():
                started = time.thread_time()
                for number, row in enumerate(rows.tolist()):
                    way(row, turn * count + number)
                times[name].append(1000 * (time.thread_time() - started) / count)
    finally:
        cv2.setNumThreads(threads)
    return {name: taken[1:] for name, taken in times.items()}


def _forger(dataset: CropDataset, methods: tuple[str, ...]) -> Callable[[int, int], object]:
    rows = np.arange(len(dataset))
    forger = CropForger(Forger(methods), dataset.landmarks, dataset.identities, rows, dataset.image)
    return forger.forge


def _peer(dataset: CropDataset) -> Callable[[int, int], object]:
    outlines = [
        outline(face_shape(Face(dataset.image(row), dataset.landmarks[row].astype(np.float64))), WHOLE)
        for row in range(len(dataset))
    ]
    return lambda row, seed: published_self_blend(
        dataset.image(row), outlines[row], np.random.default_rng(seed)
    )
