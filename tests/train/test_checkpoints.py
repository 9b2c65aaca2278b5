from pathlib import Path

import pytest

from common.checkpoint import CheckpointInfo, load_checkpoint, read_checkpoint_info
from common.encoder import Encoder, InputFormat
from train.checkpoints import KEPT, keep_checkpoint


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder("ir_lite")


def info(epoch: int, eer: float, validation: str = "v") -> CheckpointInfo:
    return CheckpointInfo(
        backbone="ir_lite",
        input_format=InputFormat(),
        threshold=0.3,
        eer=eer,
        accuracy=0.9,
        epoch=epoch,
        step=epoch * 10,
        run="run",
        validation=validation,
    )


def kept(folder: Path) -> list[int]:
    names = [path for path in folder.glob("*.safetensors") if path.name != "last.safetensors"]
    return sorted(read_checkpoint_info(path).epoch for path in names)


def test_the_best_five_and_the_last_stay(tmp_path: Path, encoder: Encoder) -> None:
    eers = [0.5, 0.4, 0.45, 0.3, 0.35, 0.2, 0.6, 0.25]
    for epoch, eer in enumerate(eers):
        last = keep_checkpoint(tmp_path, encoder, info(epoch, eer))
        best = sorted(range(epoch + 1), key=lambda e: eers[e])[:KEPT]
        assert kept(tmp_path) == sorted(best)
        assert read_checkpoint_info(last).epoch == epoch and last.name == "last.safetensors"
    assert len(list(tmp_path.iterdir())) == KEPT + 1
    for path in tmp_path.iterdir():
        load_checkpoint(path)


def test_those_of_other_validation_pairs_are_left_alone(tmp_path: Path, encoder: Encoder) -> None:
    for epoch in range(5):
        keep_checkpoint(tmp_path, encoder, info(epoch, 0.01, "easy"))
    for epoch in range(5, 12):
        keep_checkpoint(tmp_path, encoder, info(epoch, 0.5 - epoch / 100, "hard"))
    assert kept(tmp_path) == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]


def test_of_equal_eers_the_later_ones_stay(tmp_path: Path, encoder: Encoder) -> None:
    for epoch in range(8):
        keep_checkpoint(tmp_path, encoder, info(epoch, 0.0))
    assert kept(tmp_path) == [3, 4, 5, 6, 7]
