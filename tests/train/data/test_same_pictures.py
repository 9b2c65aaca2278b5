import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.shards import ShardHeader, ShardRows, write_shard
from train.config import TrainConfig
from train.data.same_pictures import same_picture_notes, same_pictures
from train.load_config import load_config
from train.tasks.verification.data import TrainingData, prepare_data

Spoil = Callable[[NDArray[np.uint8]], None]
PERSON = 9  # crops of each of the six people: six bona fide, then three synthetic


@pytest.fixture
def prepare(
    tmp_path: Path, make_rows: Callable[..., ShardRows], shard_header: ShardHeader
) -> Callable[[Spoil], TrainingData]:
    """The data of a run over pictures of their own, of which some are then copied onto others."""

    def make(spoil: Spoil) -> TrainingData:
        noise = np.random.default_rng(0).normal(0, 1, (6 * PERSON, 112, 112, 3)).astype(np.float32)
        images = np.array([(127 + 300 * cv2.GaussianBlur(one, (0, 0), 2)).clip(0, 255) for one in noise])
        images = images.astype(np.uint8)
        spoil(images)
        names = [f"person{person}" for person in range(6) for _ in range(PERSON)]
        rows = make_rows(images, names, [int(n >= 6) for _ in range(6) for n in range(PERSON)])
        folder = tmp_path / str(len(list(tmp_path.iterdir())))  # shards that were read stay open
        write_shard(folder / "shard-00000.h5", shard_header, rows)
        config = {"data": [str(folder)], "validation.share": 0.34, "validation.pairs_per_category": 10}
        return prepare_data(
            load_config(TrainConfig, None, config | {"batch.photos_per_identity": 4}), tmp_path / "no"
        )

    return make


def notes_of(data: TrainingData, file: Path) -> list[str]:
    dataset = data.dataset
    held_out = np.isin(dataset.identity_names, data.held_out)[dataset.identities]
    rows = np.flatnonzero(held_out | np.isin(np.arange(len(dataset)), data.trained))
    return same_picture_notes(dataset, rows, same_pictures(dataset, rows), held_out, file)


def listed(file: Path) -> list[list[str]]:
    with file.open(newline="") as lines:
        return list(csv.reader(lines))[1:]


def places(data: TrainingData) -> tuple[int, int, int]:
    """First rows of two people trained on and of one held out."""
    held_out = [int(name[-1]) for name in data.held_out]
    trained = [person for person in range(6) if person not in held_out]
    return trained[0] * PERSON, trained[1] * PERSON, held_out[0] * PERSON


def test_nothing_is_told_of_clean_crops_nor_of_copies_of_one_person(
    prepare: Callable[[Spoil], TrainingData], tmp_path: Path
) -> None:
    def copy(images: NDArray[np.uint8]) -> None:
        images[1] = images[0]

    assert notes_of(prepare(copy), tmp_path / "list.csv") == []
    assert not (tmp_path / "list.csv").exists()


def test_copies_under_two_names_and_over_the_split_are_counted_and_listed(
    prepare: Callable[[Spoil], TrainingData], tmp_path: Path
) -> None:
    one, other, held_out = places(prepare(lambda images: None))

    def steal(images: NDArray[np.uint8]) -> None:
        images[one] = images[held_out]
        images[other + 1] = images[one + 1]

    (note,) = notes_of(prepare(steal), tmp_path / "list.csv")
    assert note.startswith(
        "2 pictures under several names (4 crops, equal to the last pixel), 1 picture both trained on and "
        "validated with: "
    )
    assert str(tmp_path / "list.csv") in note
    rows = listed(tmp_path / "list.csv")
    assert len(rows) == 4 and {row[1] for row in rows} == {"exact"}
    assert sorted(row[5] for row in rows) == ["training", "training", "training", "validation"]


def test_a_photograph_that_was_saved_again_counts_and_a_forgery_of_it_does_not(
    prepare: Callable[[Spoil], TrainingData], tmp_path: Path
) -> None:
    one, other, _ = places(prepare(lambda images: None))

    def save_again(images: NDArray[np.uint8]) -> None:
        encoded = cv2.imencode(".jpg", images[one], [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
        again = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
        images[other] = again
        images[other + 6] = again // 2 + images[one] // 2

    (note,) = notes_of(prepare(save_again), tmp_path / "list.csv")
    assert note.startswith("1 picture under several names (2 crops, 0 equal to the last pixel): ")
    assert [row[4] for row in listed(tmp_path / "list.csv")] == ["0", "0"]


def test_one_picture_that_is_called_both_bona_fide_and_synthetic(
    prepare: Callable[[Spoil], TrainingData], tmp_path: Path
) -> None:
    def mark(images: NDArray[np.uint8]) -> None:
        images[6] = images[0]

    (note,) = notes_of(prepare(mark), tmp_path / "list.csv")
    assert note.startswith("1 picture called both bona fide and synthetic: ")
