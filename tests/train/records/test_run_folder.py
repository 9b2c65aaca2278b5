from pathlib import Path

import pytest

from common.runtime.errors import UserError
from train.config import TrainConfig
from train.load_config import load_config
from train.losses.arcface import ArcFaceLoss
from train.losses.registry import LOSSES
from train.records.run_folder import new_run_folder, resumable_run


def test_runs_of_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    config = load_config(TrainConfig, None, {"out": tmp_path, "seed": 5})
    folders = [new_run_folder(config) for _ in range(5)]
    assert len({folder.run for folder in folders}) == 5
    assert all(folder.read_config(TrainConfig) == config for folder in folders)
    assert load_config(TrainConfig, str(folders[0].config), {}) == config, "--config takes it"


def test_the_latest_run_with_a_state_is_resumed(tmp_path: Path) -> None:
    for name, has_state in [("20260101-000000", True), ("20260102-000000", True), ("20260103-000000", False)]:
        (tmp_path / "runs" / name).mkdir(parents=True)
        if has_state:
            (tmp_path / "runs" / name / "state.pt").write_bytes(b"x")
    assert resumable_run(TrainConfig, tmp_path, None).run == "20260102-000000"
    assert resumable_run(TrainConfig, tmp_path, "20260101-000000").run == "20260101-000000"
    for name in ("20260103-000000", "absent", "../runs/20260101-000000", ".."):
        with pytest.raises(UserError, match="no run"):
            resumable_run(TrainConfig, tmp_path, name)
    with pytest.raises(UserError, match="has a saved state"):
        resumable_run(TrainConfig, tmp_path / "absent", None)


def test_a_damaged_configuration_is_told(tmp_path: Path) -> None:
    folder = new_run_folder(load_config(TrainConfig, None, {"out": tmp_path}))
    for text, told in (
        ("", "it is not valid JSON"),
        ("[]", r"it must be a table, not \[\]"),
        ('{"epoch": 3}', "unknown key 'epoch'"),
        ('{"epochs": 0}', "epochs: must be at least 1, not 0"),
    ):
        folder.config.write_text(text)
        with pytest.raises(UserError, match=f"cannot be resumed: .*{told}"):
            folder.read_config(TrainConfig)
    folder.config.unlink()
    with pytest.raises(UserError, match="cannot be resumed: no such file"):
        folder.read_config(TrainConfig)


def test_a_loss_that_a_script_registers_is_named_with_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LOSSES, "mine", ArcFaceLoss)
    folder = new_run_folder(load_config(TrainConfig, None, {"out": tmp_path, "loss.name": "mine"}))
    assert folder.read_config(TrainConfig).loss.name == "mine"
    monkeypatch.delitem(LOSSES, "mine")
    with pytest.raises(UserError, match=r"unknown loss 'mine'.*with the script that registers it"):
        folder.read_config(TrainConfig)
