"""The steps of the chain: each is a command of facetrust with a folder for what it makes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.metrics.figures import PRETRAINING
from common.models.leaderboard import best_checkpoint
from common.runtime.errors import UserError
from train.chain.config import ChainConfig
from train.folds.fold_folder import fold_folders
from train.pseudo_labels.provenance import PROVENANCE_FILE, read_provenance

Made = Mapping[str, Path]  # what finished steps made, by their names
Command = list[str]  # the words behind `python -m`

PRETRAIN, FOLDS, PSEUDO, AGAIN, ANSWER = "pretrain", "folds", "pseudo-labels", "folds-again", "answers"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: also of its folder.
        left_out: why it does not apply, as far as the steps before it tell; empty where it does.
        command: starts it, with what it makes in the folder.
        resumption: goes on with what an interrupted or killed one left in the folder; empty where it has to
            begin anew.
        made: what it made in the folder, for those behind it; UserError where that is not there.
    """

    name: str
    left_out: Callable[[ChainConfig, Made], str]
    command: Callable[[ChainConfig, Made, Path], Command]
    resumption: Callable[[Path], Command]
    made: Callable[[Path], Path]


def _no_pretraining(config: ChainConfig, made: Made) -> str:
    return "" if config.pretrains else "--pretrain is none"


def _pretrain(config: ChainConfig, made: Made, folder: Path) -> Command:
    data = [*config.data, *([config.unlabelled] if config.unlabelled else [])]
    own = [*_each("--data", data), *_each("--set", config.pretrain_set), "--out", str(folder)]
    return ["train", "pretrain", "--config", config.pretrain, *own]


def _resumed_pretraining(folder: Path) -> Command:
    states = sorted(folder.glob("runs/*/state.pt"))
    return _resumed("pretrain", states[-1].parent.name, folder) if states else []


def _pretraining(folder: Path) -> Path:
    return best_checkpoint(folder / "checkpoints", PRETRAINING).path


def _never(config: ChainConfig, made: Made) -> str:
    return ""


def _folds(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = [*_each("--data", config.data), "--folds", str(config.folds)]
    if PSEUDO in made:
        own += ["--data", str(made[PSEUDO])]
    if PRETRAIN in made:
        own += ["--pretrained", str(made[PRETRAIN])]
    own += [*_each("--set", config.classifier_set), "--out", str(folder)]
    return ["train", "classifier", "--config", config.classifier, *own]


def _resumed_folds(folder: Path) -> Command:
    sets = fold_folders(folder)
    return _resumed("classifier", sets[-1].name, folder) if sets else []


def _set_of_folds(folder: Path) -> Path:
    sets = [each for each in fold_folders(folder) if each.summary.is_file()]
    if not sets:
        raise UserError(f"no folds were finished in {folder}")
    return sets[-1].path


def _no_pseudo_labels(config: ChainConfig, made: Made) -> str:
    if config.unlabelled is None:
        return "there are no --unlabelled shards"
    return "" if config.rounds else "--rounds is 0"


def _pseudo_labels(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = ["--at", str(config.at), "--tta", config.tta, *_each("--labelled", config.data)]
    own += ["--out", str(folder / "shards")]
    return ["train", "pseudo-label", str(made[FOLDS]), "--data", str(config.unlabelled), *own]


def _pseudo_shards(folder: Path) -> Path:
    return folder / "shards"


def _no_folds_again(config: ChainConfig, made: Made) -> str:
    if reason := _no_pseudo_labels(config, made):
        return reason
    told = read_provenance(made[PSEUDO] / PROVENANCE_FILE) if PSEUDO in made else None
    none_certain = told is not None and not told.synthetic + told.bona_fide
    return "the folds were certain of no crop" if none_certain else ""


def _nothing_to_answer(config: ChainConfig, made: Made) -> str:
    return "" if config.answered else "there is nothing to --answer for"


def _answer(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = ["--model", str(made.get(AGAIN, made[FOLDS])), "--tta", config.tta, "--format", config.format]
    return ["infer", "classify", str(config.answered), *own, "--out", str(folder)]


def _answers(folder: Path) -> Path:
    tables = sorted(folder.glob("*.csv"))
    if not tables:
        raise UserError(f"no answers were written to {folder}")
    return tables[0]


def _anew(folder: Path) -> Command:
    return []


def _resumed(command: str, run: str, folder: Path) -> Command:
    return ["train", command, "--resume", "--run", run, "--out", str(folder)]


def _each(option: str, values: Sequence[object]) -> Command:
    return [word for value in values for word in (option, str(value))]


STEPS = (
    Step(PRETRAIN, _no_pretraining, _pretrain, _resumed_pretraining, _pretraining),
    Step(FOLDS, _never, _folds, _resumed_folds, _set_of_folds),
    Step(PSEUDO, _no_pseudo_labels, _pseudo_labels, _anew, _pseudo_shards),
    Step(AGAIN, _no_folds_again, _folds, _resumed_folds, _set_of_folds),
    Step(ANSWER, _nothing_to_answer, _answer, _anew, _answers),
)
