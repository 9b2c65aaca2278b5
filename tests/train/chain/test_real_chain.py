"""The chain with its real steps: all of them, and one that is killed."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import infer.cli
import train.cli
from common.formats.stored_split import read_held_out
from common.models.classifier_checkpoint import read_classifier_info
from common.models.fused.checkpoint import load_fused
from common.runtime.errors import UserError
from train.chain.child import Ended
from train.chain.config import ChainConfig
from train.chain.record import ChainFolder
from train.chain.run_chain import run_chain, start_chain
from train.chain.step_names import (
    AGAIN,
    ANSWER,
    CLASSIFIER,
    FOLDS,
    FUSED,
    PAIRS,
    PRETRAIN,
    PSEUDO,
    RECOGNISER,
)
from train.commands.chain_outcome import ConsoleListener, print_chain
from train.load_config import load_config

pytestmark = pytest.mark.slow

NETWORK = ("backbone=timm:test_convnext", "epochs=1", "same_pictures=false", "hardware.accelerator=cpu")
PRETRAINED = (*NETWORK, "validation.share=0.34")
CLASSIFIED = (*NETWORK, "size=32", "optimiser.warmup_steps=1")


def in_this_process(command: Sequence[str], inherited: int, started: Callable[[int], object]) -> Ended:
    """The command of a step without a process of its own."""
    app = {"train": train.cli.app, "infer": infer.cli.app}[command[0]]
    return Ended(app(list(command[1:]), standalone_mode=False) or 0, asked=False)


def test_each_step_takes_what_those_before_it_made(
    tiny_shards: Path,
    unlabelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("infer.commands.classify.start_fork_server", lambda *modules: None)
    changes = {
        "data": [str(tiny_shards)], "unlabelled": str(unlabelled), "out": str(tmp_path), "at": 0.5,
        "pretrain_set": PRETRAINED, "classifier_set": CLASSIFIED,
    }  # fmt: skip
    folder = start_chain(load_config(ChainConfig, "titan_cpu", changes))
    outcome = run_chain(folder, ConsoleListener(folder), in_this_process)
    assert list(outcome.made) == [PRETRAIN, FOLDS, PSEUDO, AGAIN, ANSWER]
    print_chain(outcome)
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "step 1 of 5: pretrain python -m train pretrain --config titan_cpu",
        "step 5 of 5: answers",
    ):
        assert words in told
    first, second = (
        read_classifier_info(outcome.made[name] / "fold_1.safetensors") for name in (FOLDS, AGAIN)
    )
    assert first.pretraining == second.pretraining and first.pretraining in outcome.made[PRETRAIN].name
    assert first.pseudo is None and second.pseudo is not None and second.pseudo.crops == 12
    header, *lines = outcome.made[ANSWER].read_text().splitlines()
    assert header == "Id,target_feature"
    assert [line.split(",")[0] for line in lines] == [str(number) for number in range(12)]
    scores = (outcome.made[FOLDS] / "out_of_fold.csv").read_bytes()
    record = folder.read()
    for name in (PRETRAIN, FOLDS):  # as if it had been killed before it noted their end
        record = record.with_step(record.step(name).model_copy(update={"status": "begun", "made": ""}))
    folder.write(record)
    again = run_chain(folder, ConsoleListener(folder), in_this_process)
    assert "step 2 of 5: folds, which goes on" in capsys.readouterr().out
    assert again == outcome and (again.made[FOLDS] / "out_of_fold.csv").read_bytes() == scores


def test_the_chain_of_a_challenge_ends_in_similarities(
    challenge: dict[str, Any],
    wide_shards: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def on_few_pairs(command: Sequence[str], inherited: int, started: Callable[[int], object]) -> Ended:
        few = ["--pairs", "20"] if command[1] == "fuse" else []  # so few people have no 2,000
        return in_this_process([*command, *few], inherited, started)

    def killed_after_the_classifier(
        command: Sequence[str], inherited: int, started: Callable[[int], object]
    ) -> Ended:
        ended = on_few_pairs(command, inherited, started)
        return Ended(137, asked=False) if command[1] == "classifier" else ended

    monkeypatch.setattr("infer.commands.pairs.start_fork_server", lambda *modules: None)
    tiny = ("epochs=1", "same_pictures=false", "hardware.accelerator=cpu", "batch.loader_workers=0")
    people = (
        "backbone=ir_lite",
        "batch.size=12",
        "batch.photos_per_identity=6",
        "validation.pairs_per_category=20",
    )
    network = ("backbone=timm:test_resnet", "pretrained=none", "size=32", "batch.size=8")
    changes = {"recogniser_set": tiny + people, "classifier_set": tiny + network, "answer": str(wide_shards)}
    folder = start_chain(load_config(ChainConfig, "challenge", challenge | changes | {"format": "csv"}))
    stopped = run_chain(folder, ConsoleListener(folder), killed_after_the_classifier)
    assert (stopped.stopped, stopped.status) == (CLASSIFIER, 137)
    capsys.readouterr()
    outcome = run_chain(folder, ConsoleListener(folder), on_few_pairs)
    print_chain(outcome)
    told = " ".join(capsys.readouterr().out.split())
    assert "step 1 of 4: recogniser is finished step 2 of 4: classifier, which goes on" in told
    assert "EER of people held out" in told and "is not known" not in told  # both splits are
    assert "Use the encoder with: python -m infer pairs PAIRS --model" in told
    assert list(outcome.made) == [RECOGNISER, CLASSIFIER, FUSED, PAIRS]
    info = load_fused(outcome.made[FUSED])[1]
    assert info.recogniser == outcome.made[RECOGNISER].name
    assert info.validated is not None and info.validated.people == 4
    held_out = read_held_out(folder.path / "split.json")
    for name in (RECOGNISER, CLASSIFIER):
        (split,) = (folder.path / name / "runs").glob("*/split.json")
        assert read_held_out(split) == held_out
    assert outcome.made[PAIRS].read_text().startswith("pair_id,similarity,verdict")


def test_a_killed_chain_goes_on_by_the_command(
    tiny_shards: Path, tmp_path: Path, start_command: Callable[..., Any]
) -> None:
    def wait_for(arrived: Callable[[], object]) -> None:
        deadline = time.monotonic() + 100
        while not arrived() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert arrived()

    settings = [word for key in (*CLASSIFIED, "save_minutes=0") for word in ("--classifier-set", key)]
    asked = ["--config", "titan_cpu", "--data", tiny_shards, "--pretrain", "none", "--out", "logs"]
    killed = start_command("train", "chain", *asked, *settings)
    wait_for(lambda: list(tmp_path.glob("logs/chains/*/folds/runs/*/state.pt")) or killed.poll() is not None)
    killed.kill()
    killed.wait()
    (path,) = (tmp_path / "logs" / "chains").iterdir()
    with (
        pytest.raises(UserError, match=r"is at work, its step as process \d+") as error,
        ChainFolder(path).locked(),
    ):
        pass
    step = int(str(error.value).partition("process ")[2].split(":")[0])
    os.kill(step, signal.SIGKILL)  # it had gone on without the chain
    wait_for(lambda: is_free(ChainFolder(path)))
    going_on = start_command("train", "chain", "--resume", "--out", "logs", merged=True)
    told, _ = going_on.communicate(timeout=150)
    assert going_on.returncode == 0, told
    words = " ".join(told.split())
    assert "step 1 of 1: folds, which goes on python -m train classifier --resume --run" in words
    assert "answers is left out: there is nothing to --answer for" in words
    (folds,) = (path / "folds" / "folds").iterdir()
    assert f"Classifiers of the folds: logs/chains/{path.name}/folds/folds/{folds.name}" in words
    assert (folds / "summary.json").is_file() and len(list((path / "folds" / "runs").iterdir())) == 2


def is_free(chain: ChainFolder) -> bool:
    """Whether nobody is at work on a chain."""
    try:
        with chain.locked():
            return True
    except UserError:
        return False
