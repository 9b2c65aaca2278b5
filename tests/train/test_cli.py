import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from common.forge.method_names import METHODS
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from train.losses import LOSSES, LossConfig
from train.packaged_configs import PACKAGED_CONFIGS

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]


@pytest.mark.slow
def test_help_has_examples(run_commands: Run, tmp_path: Path) -> None:
    for name, done in zip(
        ("run", "history"),
        run_commands([["train", "run", "--help"], ["train", "history", "--help"]], tmp_path),
        strict=True,
    ):
        assert done.returncode == 0 and done.stderr == ""
        assert "Examples" in done.stdout and f"python -m train {name}" in done.stdout


@pytest.mark.slow
def test_help_names_the_losses_and_configurations_that_exist(run_commands: Run, tmp_path: Path) -> None:
    (done,) = run_commands([["train", "run", "--help"]], tmp_path)
    words = " ".join(done.stdout.replace("│", " ").split())
    assert f"{', '.join(LOSSES)}. [default: {LossConfig().name}]" in words
    shipped = sorted(path.stem for path in PACKAGED_CONFIGS.glob("run/*.toml"))
    assert len(shipped) > 3 and f"ships with facetrust: {', '.join(shipped)}." in words
    assert f"[default: {', '.join(METHODS)}]" in words


@pytest.mark.slow
def test_bad_input_is_told_in_one_line(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], tmp_path: Path, tiny_shards: Path
) -> None:
    shutil.copytree(tiny_shards, tmp_path / "old")
    with h5py.File(tmp_path / "old" / "shard-00001.h5", "r+") as file:
        file.attrs["format_version"] = 0
    info = CheckpointInfo(
        backbone="ir_lite",
        input_format=InputFormat(),
        threshold=None,
        eer=None,
        accuracy=None,
        epoch=0,
        step=0,
        run="r",
        validation="v",
    )
    save_checkpoint(tmp_path / "lite.safetensors", Encoder("ir_lite"), info)
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "lite.safetensors").read_bytes()[:5000])
    (tmp_path / "bad.toml").write_text("epoch = 3\n")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "performance_history.json").write_text("mine")
    own = ["train", "run", "--data", tiny_shards, "--config", "demo"]
    cases = [
        (["train", "run"], "no such folder: datasets/processed_images; 'python -m align run"),
        (["train", "run", "--data", "notes"], "make shards with 'python -m align run notes --out FOLDER'"),
        (["train", "run", "--data", "old"], "version 0, this facetrust reads 2"),
        (["train", "run", "--config", "bad.toml"], "did you mean 'epochs'?"),
        ([*own, "--pretrained", "cut.safetensors"], "cut.safetensors"),
        ([*own, "--backbone", "mobilefacenet", "--pretrained", "lite.safetensors"], "add --backbone ir_lite"),
        ([*own, "--out", "notes"], "is not a list of records"),
    ]
    for done, (_, told) in zip(run_commands([words for words, _ in cases], tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert (tmp_path / "notes" / "performance_history.json").read_text() == "mine"


@pytest.mark.slow
def test_a_run_from_scratch_says_so_and_history_prints_the_leaderboard(
    run_commands: Run, tmp_path: Path, tiny_shards: Path
) -> None:
    (tmp_path / "tiny.toml").write_text(
        'backbone = "ir_lite"\nepochs = 1\n[batch]\nsize = 8\nphotos_per_identity = 4\nloader_workers = 0\n'
        "[validation]\nshare = 0.34\npairs_per_category = 10\n"
    )
    words = ["train", "run", "--config", "tiny.toml", "--data", tiny_shards, "--out", "my logs"]
    (done,) = run_commands([words], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "starts from scratch" in done.stdout and "The best is eer" in done.stdout
    assert (tmp_path / "my logs" / "checkpoints" / "last.safetensors").is_file()
    _, _, command = done.stdout.rpartition("see them with: python -m ")
    told, absent = run_commands([shlex.split(command), ["train", "history"]], tmp_path)
    assert absent.returncode == 2 and "no checkpoints in training_logs" in absent.stderr
    assert told.returncode == 0 and told.stdout.count("\n│ 0.") == 2 and "EER" in told.stdout
    assert "The best, which infer takes, is eer0." in told.stdout
