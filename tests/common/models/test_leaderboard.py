import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import save_file

from common.models.checkpoint import ACCURACY, EER, CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.leaderboard import best_checkpoint, kept_checkpoints, rank
from common.runtime.errors import UserError

Save = Callable[..., Path]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder("ir_lite")


@pytest.fixture
def save(encoder: Encoder, tmp_path: Path) -> Save:
    def make(
        name: str, eer: float | None, step: int = 1, validation: str = "v", accuracy: float | None = 0.9
    ) -> Path:
        info = CheckpointInfo(
            backbone="ir_lite",
            input_format=InputFormat(),
            threshold=0.3,
            eer=eer,
            accuracy=accuracy,
            epoch=step,
            step=step,
            run="r",
            validation=validation,
        )
        save_checkpoint(tmp_path / f"{name}.safetensors", encoder, info)
        return tmp_path / f"{name}.safetensors"

    return make


def test_rising_eer_then_the_later_step_and_nothing_but_checkpoints(
    save: Save, tmp_path: Path, encoder: Encoder
) -> None:
    save("c", 0.2), save("late", 0.1, step=9), save("early", 0.1, step=3), save("last", 0.0), save("x", None)
    save_file(
        {"weight": encoder.backbone.input_layer[0].weight.detach().contiguous()},
        tmp_path / "foreign.safetensors",
    )
    (tmp_path / "broken.safetensors").write_bytes(b"\x10")
    names = [entry.path.stem for entry in rank(kept_checkpoints(tmp_path), EER)]
    assert names == ["late", "early", "c"]


def test_by_accuracy_the_highest_comes_first_and_of_equals_the_later(save: Save, tmp_path: Path) -> None:
    save("high", 0.3, accuracy=0.95), save("none", 0.1, accuracy=None), save("low", 0.01, accuracy=0.7)
    save("early", 0.2, step=2), save("late", 0.2, step=5)
    names = [entry.path.stem for entry in rank(kept_checkpoints(tmp_path), ACCURACY)]
    assert names == ["high", "late", "early", "low"]
    assert [entry.path.stem for entry in rank(kept_checkpoints(tmp_path), EER)][:2] == ["low", "none"]


def test_a_file_that_vanishes_meanwhile_is_passed_over(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = save("gone", 0.1), save("stays", 0.2)
    found = sorted(tmp_path.glob("*"))
    gone.unlink()
    monkeypatch.setattr(Path, "glob", lambda *_: iter(found))
    assert [entry.path for entry in rank(kept_checkpoints(tmp_path), EER)] == [stays]


COME_AND_GO = """
import os, sys
source, folder = sys.argv[1:]
print("ready", flush=True)
while True:
    for name in "ab":
        os.link(source, f"{folder}/{name}.safetensors")
    for name in "ab":
        os.unlink(f"{folder}/{name}.safetensors")
"""


@pytest.mark.slow
def test_files_that_come_and_go_while_they_are_listed(save: Save, tmp_path: Path) -> None:
    stays = save("stays", 0.2)
    command = [sys.executable, "-c", COME_AND_GO, str(stays), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"ready\n"
        try:
            for _ in range(3000):
                assert "stays" in [entry.path.stem for entry in rank(kept_checkpoints(tmp_path), EER)]
            assert other.poll() is None
        finally:
            other.kill()


def test_only_equal_validation_pairs_compare(save: Save, tmp_path: Path) -> None:
    save("easy", 0.01, validation="easy")
    best = save("hard", 0.2, validation="hard")
    save("harder", 0.3, validation="hard")
    assert [entry.path.stem for entry in rank(kept_checkpoints(tmp_path), EER, ("verification", "hard"))] == [
        "hard",
        "harder",
    ]
    save("last", 0.4, validation="hard")
    chosen = best_checkpoint(tmp_path)
    assert (chosen.path, chosen.standing.figures["eer"]) == (best, 0.2)
    assert chosen.why == (
        "the lowest validation EER, 0.2000, of 2 checkpoints; 1 more was measured on other pairs, which do "
        "not compare"
    )


def test_without_a_last_one_the_pairs_are_those_of_the_latest(save: Save, tmp_path: Path) -> None:
    save("easy", 0.01, validation="easy", step=4)
    latest = save("hard", 0.2, validation="hard", step=5)
    assert best_checkpoint(tmp_path).path == latest


def test_pairs_that_only_the_last_was_measured_on_are_not_compared_with_others(
    save: Save, tmp_path: Path
) -> None:
    save("easy", 0.01, validation="easy"), save("last", None, validation="hard")
    with pytest.raises(UserError, match="was measured on the validation pairs of the last run"):
        best_checkpoint(tmp_path)


def test_of_equals_the_trained_one_goes_before_the_one_it_started_from(save: Save, tmp_path: Path) -> None:
    save("a", 0.0, step=0), save("z", 0.0, step=0)
    trained = save("m", 0.0, step=4)
    chosen = best_checkpoint(tmp_path)
    assert chosen.path == trained
    assert chosen.why == "the lowest validation EER, 0.0000, of 3 checkpoints, and the latest of 3 with it"


@pytest.mark.parametrize(
    ("trained", "told"), [(True, "training did not help"), (False, "no trained ones were validated yet")]
)
def test_untouched_weights_that_are_the_best_are_called_so(
    save: Save, tmp_path: Path, trained: bool, told: str
) -> None:
    start = save("start", 0.1, step=0)
    if trained:
        save("trained", 0.2, step=4)
    chosen = best_checkpoint(tmp_path)
    assert chosen.path == start
    assert chosen.why.endswith(f"these are the weights that the run started from: {told}")


@pytest.mark.parametrize("name", [".", "absent"])
def test_a_folder_without_checkpoints_says_what_to_do(tmp_path: Path, name: str) -> None:
    told = r"train one with 'python -m train run'.*--model adaface-ir18-webface4m \(96 MB\)"
    with pytest.raises(UserError, match=told):
        best_checkpoint(tmp_path / name)
