"""Writes the sample data set: raw_images for training and test_pairs for evaluation."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.formats.labels.files import LABELS_FILE, META_FILE
from common.runtime.errors import UserError
from facetrust.sample.folders import check_folder, finish_folder, is_complete, prepare_folder, write_file
from facetrust.sample.manipulations import MANIPULATIONS
from facetrust.sample.options import SampleOptions
from facetrust.sample.people.person import Person
from facetrust.sample.photography.camera import Image, encoded
from facetrust.sample.photography.conditions import Conditions
from facetrust.sample.photography.photograph import render
from facetrust.sample.plan import (
    PairRow,
    Shot,
    Sitting,
    person_seed,
    photo_seed,
    plan_pairs,
    plan_training,
)
from facetrust.sample.workers import run_jobs

__all__ = ["SampleOptions", "SampleSummary", "take_photograph", "write_sample"]


@dataclass(frozen=True)
class SampleSummary:
    """What write_sample did. images and synthetic count raw_images; pairs counts test pairs."""

    raw_images: Path
    test_pairs: Path
    images: int
    synthetic: int
    pairs: int
    already_there: bool


def write_sample(
    raw_images: Path,
    test_pairs: Path,
    options: SampleOptions,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    overwrite: bool = False,
) -> SampleSummary:
    """Render the sample into two folders; the bytes depend on the options only.

    workers: processes, None for one per core. progress(done, total) is called in this process as
    photographs finish.
    overwrite: replace an earlier sample with other options; files of anybody else are never removed.
    Raises UserError for options that make no sense and for folders that cannot or must not be written.
    """
    _check_options(options)
    if os.path.realpath(raw_images) == os.path.realpath(test_pairs):
        raise UserError(
            f"the photographs and the test pairs cannot both lie in {raw_images}; "
            "name two folders with --out and --test-out"
        )
    training = plan_training(options)
    testing, rows = plan_pairs(options)
    labels = {shot.path: int(shot.synthetic) for sitting in training for shot in sitting.shots}
    complete = is_complete(raw_images, options) and is_complete(test_pairs, options)
    summary = SampleSummary(raw_images, test_pairs, len(labels), sum(labels.values()), len(rows), complete)
    if complete:
        return summary
    raw_files = sorted([*labels, META_FILE])
    pair_files = sorted([*(shot.path for sitting in testing for shot in sitting.shots), LABELS_FILE])
    for folder in (raw_images, test_pairs):
        check_folder(folder, options, overwrite)
    prepare_folder(raw_images, options, raw_files)
    prepare_folder(test_pairs, options, pair_files)
    jobs = [(options.seed, sitting, raw_images) for sitting in training]
    jobs += [(options.seed, sitting, test_pairs) for sitting in testing]
    total = sum(len(sitting.shots) for _, sitting, _ in jobs)
    done = 0
    for count in run_jobs(_take_sitting, jobs, workers):
        done += count
        if progress is not None:
            progress(done, total)
    write_file(raw_images / META_FILE, json.dumps(labels, indent=1, sort_keys=True).encode())
    write_file(test_pairs / LABELS_FILE, _labels_csv(rows))
    finish_folder(raw_images, options, raw_files)
    finish_folder(test_pairs, options, pair_files)
    return summary


def _check_options(options: SampleOptions) -> None:
    for name in ("identities", "photos", "test_identities", "pairs"):
        if getattr(options, name) < 1:
            raise UserError(f"the sample needs at least one of {name}, not {getattr(options, name)}")
    if options.test_identities < 2:
        raise UserError("test pairs of different people need at least 2 test identities")
    if options.synthetic < 0 or options.seed < 0:
        raise UserError("the number of synthetic photographs and the seed cannot be negative")


def _take_sitting(seed: int, sitting: Sitting, folder: Path) -> Iterator[str]:
    """Photograph one person and write the files; yields each one's path below the folder."""
    person = Person.from_seed(person_seed(seed, sitting.role, sitting.identity))
    for shot in sitting.shots:
        image, quality = take_photograph(person, seed, sitting, shot)
        write_file(folder / shot.path, encoded(image, quality))
        yield shot.path


def take_photograph(person: Person, seed: int, sitting: Sitting, shot: Shot) -> tuple[Image, int]:
    """The picture of one shot, uint8 (250, 250, 3) RGB, and the quality of its final JPEG save."""
    rng = np.random.default_rng(photo_seed(seed, sitting.role, sitting.identity, shot.index))
    conditions = Conditions.random(rng)
    photograph = render(person, conditions)
    image = photograph.image
    if shot.synthetic:
        image = MANIPULATIONS[shot.family](person, conditions, photograph, rng)
    return image, conditions.camera.last_quality


def _labels_csv(rows: list[PairRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["pair_id", "label", "synthetic0", "synthetic1"])
    for row in rows:
        writer.writerow([row.pair_id, row.label, row.synthetic0, row.synthetic1])
    return text.getvalue().encode()
