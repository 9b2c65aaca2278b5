import io
from pathlib import Path

import pytest
from rich.console import Console

from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.training_facts import ValidationFacts
from train.records.leaderboard_table import leaderboard_rows, leaderboard_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sets of validation pairs; the last checkpoint belongs to `now`."""
    folder = tmp_path_factory.mktemp("checkpoints")
    encoder = Encoder("ir_lite")
    entries = [("old", 1, 0.01, 0.99), *(("now", 10 + i, 0.1 + i / 100, 0.8 + i / 100) for i in range(7))]
    for validation, step, eer, accuracy in [*entries, ("now", 99, None, None)]:
        info = CheckpointInfo(
            backbone="ir_lite",
            input_format=InputFormat(),
            threshold=None if eer is None else 0.25,
            eer=eer,
            accuracy=accuracy,
            epoch=1,
            step=step,
            run="run[a]\x1b[2J",
            validation=f"{validation}-fingerprint",
            validated=ValidationFacts(people=9, genuine=9, impostors=9, eer_low=0.08, eer_high=0.17),
        )
        name = "last" if eer is None else f"c{step}"
        save_checkpoint(folder / f"{name}.safetensors", encoder, info)
    return folder


def test_both_rankings_within_each_set_of_pairs_the_current_first(folder: Path) -> None:
    told = [(row.standing.step, row.kept_for) for row in leaderboard_rows(folder)]
    assert told == [
        (10, "EER 1"),
        (11, "EER 2"),
        (12, "EER 3, accuracy 5"),
        (13, "EER 4, accuracy 4"),
        (14, "EER 5, accuracy 3"),
        (15, "accuracy 2"),
        (16, "accuracy 1"),
        (1, "EER 1, accuracy 1"),
    ]


def test_the_table_names_what_is_needed_to_choose(folder: Path) -> None:
    console = Console(file=io.StringIO(), width=180, color_system=None)
    console.print(leaderboard_table(leaderboard_rows(folder)))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    rows = [line for line in text.splitlines() if "c12.safetensors" in line]
    cells = [cell.strip() for cell in rows[0].strip("│").split("│")]
    shown = "run[a]\\x1b[2J"
    assert cells == [
        "0.1200", "0.0800-0.1700", "0.8200", "0.2500",
        "EER 3, accuracy 5", shown, "1", "12", "now-fing", "c12.safetensors",
    ]  # fmt: skip
    assert "\x1b" not in text and "last.safetensors" not in text


@pytest.mark.parametrize("name", [".", "absent"])
def test_a_folder_without_checkpoints_has_no_rows(tmp_path: Path, name: str) -> None:
    assert leaderboard_rows(tmp_path / name) == []
