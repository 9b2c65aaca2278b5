"""The chain: its steps, what it refuses, and how it goes on after any end, with a stand-in for the steps."""

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from common.runtime.command_line import INTERRUPTED
from common.runtime.errors import UserError
from train.chain.child import Ended, run_child
from train.chain.config import ChainConfig
from train.chain.record import ChainFolder
from train.chain.run_chain import ChainOutcome, resumed_chain, run_chain, start_chain
from train.chain.step import Command
from train.chain.step_names import AGAIN, ANSWER, FOLDS, PRETRAIN, PSEUDO
from train.chain.steps import steps_of
from train.load_config import load_config
from train.packaged_configs import packaged_config_names

ONE_STEP = {"pretrain": "none", "classifier": "titan_cpu"}


class Steps:
    """A stand-in for the processes of the steps: notes their commands, and leaves what they would."""

    def __init__(self, certain: int = 3, fails: str = "", status: int = 0, asked: str = "") -> None:
        self.commands: list[Command] = []
        self.told: list[str] = []
        self._certain, self._fails, self._status, self._asked = certain, fails, status, asked

    def __call__(self, command: Sequence[str], inherited: int, started: Callable[[int], object]) -> Ended:
        self.commands.append(list(command))
        out = Path(command[command.index("--out") + 1])
        out.mkdir(parents=True, exist_ok=True)
        step = out.name if command[1] != "pseudo-label" else PSEUDO
        if command[1] == "classifier":
            (out / "folds" / "set").mkdir(parents=True, exist_ok=True)
            (out / "folds" / "set" / "folds.json").touch()
        if step == self._fails:
            return Ended(self._status, asked=False)
        if command[1] == "classifier":
            (out / "folds" / "set" / "summary.json").touch()
        elif step == PSEUDO:
            asked = {"models": [], "at": 0.9, "views": [], "data": "", "fingerprint": ""}
            told = {"asked": asked, "crops": 9, "synthetic": 0, "bona_fide": self._certain, "left_out": {}}
            told |= {"share": None, "share_trained": None, "made_with": ""}
            (out / "pseudo_labels.json").write_text(json.dumps(told))
        else:
            (out / "un.csv").touch()
        return Ended(0, asked=step == self._asked)

    def left_out(self, step: str, reason: str) -> None:
        self.told.append(f"{step} left out: {reason}")

    def begins(self, step: str, number: int, steps: int, command: Command, resumed: bool) -> None:
        self.told.append(f"{number}/{steps} {step}" + " goes on" * resumed)

    def done_before(self, step: str, number: int, steps: int) -> None:
        self.told.append(f"{number}/{steps} {step} finished")


@pytest.fixture
def chain(tiny_shards: Path, unlabelled: Path, tmp_path: Path) -> ChainFolder:
    changes = {"data": [str(tiny_shards)], "unlabelled": str(unlabelled), "out": str(tmp_path)}
    return start_chain(load_config(ChainConfig, None, ONE_STEP | changes))


def session(chain: ChainFolder, steps: Steps) -> ChainOutcome:
    return run_chain(chain, steps, steps)


@pytest.mark.parametrize("name", packaged_config_names(ChainConfig.command))
def test_a_packaged_chain_names_its_steps(name: str) -> None:
    config = load_config(ChainConfig, name, {})
    assert [step.name for step in steps_of(config)] == list(config.steps)


@pytest.mark.parametrize("name", ["titan", "titan_cpu"])
def test_the_steps_of_a_long_chain_agree(name: str) -> None:
    config = load_config(ChainConfig, name, {})
    pretrain, classifier = config.pretrain_config(), config.classifier_config()
    for key in ("recipe", "backbone", "planes", "size"):
        assert getattr(pretrain, key) == getattr(classifier, key)
    assert pretrain.planes == ("rgb", "spectrum", "srm")


def test_each_step_is_a_command_over_what_those_before_it_made() -> None:
    given = {"data": ["a", "b"], "unlabelled": "u", "answer": "photographs", "folds": 3}
    given |= {"pretrain": "titan_cpu", "classifier": "titan_cpu", "pretrain_set": ["epochs=9"]}
    config = load_config(ChainConfig, None, given)
    made = {PRETRAIN: Path("p.safetensors"), FOLDS: Path("f"), PSEUDO: Path("s"), AGAIN: Path("g")}
    before = dict.fromkeys(made)
    told = {}
    for number, step in enumerate(steps_of(config)):
        assert step.left_out(config, {}) == ""
        known = {name: made[name] for name in list(before)[:number]}
        told[step.name] = " ".join(step.command(config, known, Path("o")))
    assert told == {
        PRETRAIN: "train pretrain --config titan_cpu --data a --data b --data u --set epochs=9 --out o",
        FOLDS: "train classifier --config titan_cpu --data a --data b --folds 3 --pretrained p.safetensors "
        "--out o",
        PSEUDO: "train pseudo-label f --data u --at 0.995 --tta mirror,rotate5 --labelled a --labelled b "
        "--out o/shards",
        AGAIN: "train classifier --config titan_cpu --data a --data b --folds 3 --data s --pretrained "
        "p.safetensors --out o",
        ANSWER: "infer classify photographs --model g --tta mirror,rotate5 --format submission --out o",
    }  # fmt: skip


def test_steps_run_in_order_and_those_that_do_not_apply_are_named(chain: ChainFolder) -> None:
    outcome = session(chain, steps := Steps())
    assert steps.told == [
        "pretrain left out: --pretrain is none",
        *(f"{n}/4 {name}" for n, name in enumerate((FOLDS, PSEUDO, AGAIN, ANSWER), 1)),
    ]
    assert list(outcome.made) == [FOLDS, PSEUDO, AGAIN, ANSWER] and not outcome.stopped
    assert outcome.made[ANSWER] == chain.path / "answers" / "un.csv"
    assert [step.status for step in chain.read().steps] == ["left out", *["finished"] * 4]
    again = session(chain, idle := Steps())
    assert again == outcome and not idle.commands


def test_without_a_certain_crop_the_first_folds_answer(chain: ChainFolder) -> None:
    session(chain, steps := Steps(certain=0))
    assert steps.told[3] == "folds-again left out: the folds were certain of no crop"
    assert steps.commands[-1][4] == str(chain.path / "folds" / "folds" / "set")


def test_a_failure_ends_the_chain_and_it_goes_on_there(chain: ChainFolder) -> None:
    outcome = session(chain, steps := Steps(fails=AGAIN, status=2))
    assert (outcome.stopped, outcome.status) == (AGAIN, 2) and len(steps.commands) == 3
    (chain.path / ".chain.json.other.1.tmp").touch()
    session(chain, going_on := Steps())
    assert going_on.told[1:] == [
        "1/4 folds finished", "2/4 pseudo-labels finished", "3/4 folds-again goes on", "4/4 answers",
    ]  # fmt: skip
    again = str(chain.path / AGAIN)
    assert going_on.commands[0] == ["train", "classifier", "--resume", "--run", "set", "--out", again]


def test_a_step_that_left_nothing_to_go_on_with_begins_anew(chain: ChainFolder) -> None:
    session(chain, Steps(fails=PSEUDO, status=137))
    (chain.path / PSEUDO / "half").touch()
    session(chain, going_on := Steps())
    assert going_on.commands[0][1] == "pseudo-label" and not (chain.path / PSEUDO / "half").exists()


def test_a_finished_step_whose_folder_was_removed_runs_anew(chain: ChainFolder) -> None:
    made = session(chain, Steps()).made[ANSWER]
    made.unlink()
    with pytest.raises(UserError, match=r"the step answers made .*, which is not there: put it back"):
        session(chain, Steps())
    made.parent.rmdir()
    assert session(chain, steps := Steps()).made[ANSWER].exists()
    assert steps.told[-2:] == ["3/4 folds-again finished", "4/4 answers"]
    rmtree(chain.path / AGAIN)
    with pytest.raises(UserError, match=r"the step answers was made of what folds-again made, .*answers too"):
        session(chain, Steps())
    rmtree(chain.path / ANSWER)
    session(chain, steps := Steps())
    assert steps.told[-2:] == ["3/4 folds-again", "4/4 answers"]


def test_a_chain_that_is_asked_to_stop_begins_no_other_step(chain: ChainFolder) -> None:
    outcome = session(chain, steps := Steps(asked=FOLDS))
    assert (outcome.stopped, outcome.status) == (FOLDS, INTERRUPTED) and len(steps.commands) == 1
    assert chain.read().step(FOLDS).status == "finished"
    assert not session(chain, Steps(asked=ANSWER)).stopped  # the last one was done all the same


def test_a_chain_goes_on_by_its_own_configuration_and_in_one_process(chain: ChainFolder) -> None:
    out = {"out": str(chain.path.parents[1])}
    assert resumed_chain(None, None, out) == resumed_chain(chain.name, None, out) == chain
    with pytest.raises(UserError, match="was started with another folds, at, and keeps its own"):
        resumed_chain(None, None, out | {"at": 0.9, "folds": 3})
    with pytest.raises(UserError, match="there is no chain 'x' to resume in"):
        resumed_chain("x", None, out)
    with chain.locked(), pytest.raises(UserError, match=f"the chain {chain.name} is at work"):
        session(chain, Steps())
    chain.record.write_text("[]")
    with pytest.raises(UserError, match="is no record of a chain of this facetrust"):
        resumed_chain(None, None, out)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"pretrain": "simmim"},
            "it could not start from it; add --pretrain-set backbone=timm:convnextv2_atto",
        ),
        ({"classifier_set": ["folds=3"]}, "--classifier-set folds is for the chain itself to say"),
        ({"classifier_set": ["pretrained=timm"]}, "--classifier-set pretrained is for the chain itself"),
        ({"pretrain": "none", "pretrain_set": ["epochs=1"]}, "has no effect with --pretrain none"),
        ({"pretrain": "titan_gpu"}, "no configuration titan_gpu; name a TOML file or one of: simmim"),
        ({"tta": "upside"}, "takes mirror, rotate5 with commas between"),
        ({"at": 0.9}, "--at has no effect without --unlabelled"),
    ],
)
def test_steps_that_do_not_fit_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        load_config(ChainConfig, "titan_cpu", changes)
    assert "\n" not in str(error.value)


def test_data_that_a_later_step_would_refuse_is_refused_at_once(
    tiny_shards: Path, unlabelled: Path, tmp_path: Path
) -> None:
    def start(**changes: Path) -> None:
        given = ONE_STEP | {"data": str(tiny_shards), "out": str(tmp_path)}
        start_chain(load_config(ChainConfig, None, given | changes))

    with pytest.raises(UserError, match="has labels, 36 bona fide and 18 synthetic: what is evaluated on"):
        start(unlabelled=tiny_shards)
    with pytest.raises(UserError, match=r"no shards in .*; make some of the photographs"):
        start(unlabelled=tmp_path)
    with pytest.raises(UserError, match="submission needs an id for each photograph"):
        start(unlabelled=unlabelled, answer=tiny_shards)
    with pytest.raises(UserError, match="is neither a folder of photographs or shards nor a list of them"):
        start(answer=tmp_path / "none")
    with pytest.raises(UserError, match=r"--out .* lies in .*, where answers would be taken for photographs"):
        start(answer=tmp_path.parent)
    assert not list(tmp_path.iterdir())


STUB = """
import os, pathlib, signal, sys, time
told = []
signal.signal(signal.SIGINT, lambda number, frame: told.append(number))
pathlib.Path("ready").write_text(sys.argv[1])
while not told:
    time.sleep(0.005)
time.sleep(0.05)
assert len(told) == 1
os.fstat(int(sys.argv[1]))
sys.exit(130)
"""


def test_a_step_hears_once_what_the_chain_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stub.py").write_text(STUB)

    def started(process: int) -> None:
        deadline = time.monotonic() + 60
        while not Path("ready").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert os.getpgid(process) == process  # a terminal would not tell it
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with Path("lock").open("w") as lock:
        ended = run_child(["stub", str(lock.fileno())], lock.fileno(), started)
    assert ended == Ended(INTERRUPTED, asked=True) and signal.getsignal(signal.SIGINT) is before
    killed = run_child(["stub", "0"], 0, lambda process: os.kill(process, signal.SIGKILL))
    assert killed == Ended(137, asked=False)
