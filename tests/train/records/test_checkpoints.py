import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.models.checkpoint import CheckpointInfo, load_checkpoint, read_checkpoint_info, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from train.records.checkpoints import KEPT, checkpoint_name, keep_checkpoint

LAST = "last.safetensors"
RACE = """
import sys
from pathlib import Path
from common.models.checkpoint import read_checkpoint_info, save_checkpoint
from common.models.encoder import Encoder
from train.records.checkpoints import keep_checkpoint

folder, run = Path(sys.argv[1]), sys.argv[2]
encoder = Encoder("ir_lite")
info = read_checkpoint_info(folder / "last.safetensors")
print("ready", flush=True)
sys.stdin.readline()
for step in range(1, 21):
    figures = {"eer": 1 / step, "accuracy": 1 - 1 / step, "step": step, "run": run}
    info = info.model_copy(update=figures)
    keep_checkpoint(folder, info.standing, lambda path: save_checkpoint(path, encoder, info))
"""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder("ir_lite")


def info(
    step: int,
    eer: float | None,
    accuracy: float | None = 0.9,
    validation: str = "v",
    run: str = "run",
    backbone: str = "ir_lite",
) -> CheckpointInfo:
    return CheckpointInfo(
        backbone=backbone,
        input_format=InputFormat(),
        threshold=0.3,
        eer=eer,
        accuracy=accuracy,
        epoch=step // 10,
        step=step,
        run=run,
        validation=validation,
    )


def keep(folder: Path, encoder: Encoder, info: CheckpointInfo) -> None:
    keep_checkpoint(folder, info.standing, lambda path: save_checkpoint(path, encoder, info))


def kept(folder: Path) -> list[int]:
    names = [path for path in folder.glob("*.safetensors") if path.name != LAST]
    return sorted(read_checkpoint_info(path).step for path in names)


def best(figures: list[tuple[float, float]]) -> list[int]:
    """The steps to keep, from first principles: of equals the later."""
    steps = range(len(figures))
    by_eer = sorted(steps, key=lambda step: (figures[step][0], -step))[:KEPT]
    by_accuracy = sorted(steps, key=lambda step: (-figures[step][1], -step))[:KEPT]
    return sorted({*by_eer, *by_accuracy})


def test_names_are_for_people_and_for_every_file_system() -> None:
    named = checkpoint_name(info(1234, 0.0412, 0.958, backbone="ir_101", run="20260101-000000").standing)
    assert named == "eer0.0412-acc0.9580-ir_101-epoch123-step001234-20260101-000000.safetensors"
    named = checkpoint_name(info(1, 0.1, run="../a b:c", backbone="timm:hf_hub:x/y.z").standing)
    assert named == "eer0.1000-acc0.9000-timm_hf_hub_x_y.z-epoch000-step000001-.._a_b_c.safetensors"
    assert len(checkpoint_name(info(1, 0.1, run="r" * 999, backbone="timm:" + "b" * 999).standing)) < 200


def test_the_best_five_of_both_rankings_and_the_last_stay(tmp_path: Path, encoder: Encoder) -> None:
    eers = [0.5, 0.4, 0.45, 0.3, 0.35, 0.2, 0.6, 0.25]
    figures = [(eer, 0.4 + eer) for eer in eers]  # the worst EERs have the best accuracy
    for step, (eer, accuracy) in enumerate(figures):
        keep(tmp_path, encoder, info(step, eer, accuracy))
        assert kept(tmp_path) == best(figures[: step + 1])
        assert read_checkpoint_info(tmp_path / LAST).step == step
    assert len(kept(tmp_path)) == 8
    for path in tmp_path.iterdir():
        load_checkpoint(path)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.3]), st.sampled_from([0.7, 0.8, 0.9])), max_size=14)
)
def test_whatever_the_figures_no_more_than_ten_stay(
    tmp_path: Path, encoder: Encoder, figures: list[tuple[float, float]]
) -> None:
    folder = tmp_path / "checkpoints"
    shutil.rmtree(folder, ignore_errors=True)
    for step, (eer, accuracy) in enumerate(figures):
        keep(folder, encoder, info(step, eer, accuracy))
    assert kept(folder) == best(figures) and len(best(figures)) <= 2 * KEPT


def test_two_validations_of_one_epoch_are_two_checkpoints(tmp_path: Path, encoder: Encoder) -> None:
    for step in (31, 35):
        keep(tmp_path, encoder, info(step, 0.1))
    assert kept(tmp_path) == [31, 35]


def test_a_resumed_run_writes_a_step_again_in_its_place(tmp_path: Path, encoder: Encoder) -> None:
    for step in (10, 20, 20):
        keep(tmp_path, encoder, info(step, 0.1))
    assert kept(tmp_path) == [10, 20]


def test_those_of_other_validation_pairs_are_left_alone(tmp_path: Path, encoder: Encoder) -> None:
    for step in range(5):
        keep(tmp_path, encoder, info(step, 0.01, validation="easy"))
    for step in range(5, 12):
        keep(tmp_path, encoder, info(step, 0.5 - step / 100, step / 100, validation="hard"))
    assert kept(tmp_path) == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("eer", "accuracy"), [(None, None), (float("nan"), float("nan")), (None, 0.9), (0.1, None)]
)
def test_without_figures_there_is_the_last_alone(
    tmp_path: Path, encoder: Encoder, eer: float | None, accuracy: float | None
) -> None:
    keep(tmp_path, encoder, info(1, eer, accuracy))
    assert [path.name for path in tmp_path.iterdir()] == [LAST]


def test_what_a_killed_run_has_left_over_goes_with_the_next(tmp_path: Path, encoder: Encoder) -> None:
    for step in range(9):  # as if it was killed between writing and removing
        left = info(step, 0.5 - step / 100, 0.5 + step / 100)
        save_checkpoint(tmp_path / checkpoint_name(left.standing), encoder, left)
    keep(tmp_path, encoder, info(99, 0.9, 0.1))
    assert kept(tmp_path) == [4, 5, 6, 7, 8]


def test_files_that_were_not_named_here_are_never_removed(tmp_path: Path, encoder: Encoder) -> None:
    save_checkpoint(tmp_path / "mine.safetensors", encoder, info(7, 0.9, 0.1))
    (tmp_path / "eer0.0001-notes.safetensors").write_bytes(b"not a checkpoint")
    for step in range(10, 18):
        keep(tmp_path, encoder, info(step, 0.1))
    (tmp_path / "eer0.0001-notes.safetensors").unlink()
    assert kept(tmp_path) == [7, 13, 14, 15, 16, 17]


@pytest.mark.slow
def test_two_runs_in_one_folder_do_not_get_in_each_others_way(
    tmp_path: Path, encoder: Encoder, process_environment: dict[str, str]
) -> None:
    save_checkpoint(tmp_path / LAST, encoder, info(0, 0.9))
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path), name],
            env=process_environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    for run in runs:
        assert run.stdout is not None and run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    assert [run.communicate(timeout=120)[1] for run in runs] == ["", ""]
    keep(tmp_path, encoder, info(0, 0.9, 0.1))
    assert kept(tmp_path) == [18, 19, 19, 20, 20]
